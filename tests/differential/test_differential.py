"""A sample of the comparison runs with the other tests, more of it in the matrix: `python -m tests.differential`."""

from __future__ import annotations

from typing import Iterator

import pytest

from tests.benchmarks.sink import Sink
from tests.differential.comparison import Terms, compare
from tests.differential.readers import READERS


@pytest.fixture(scope="module")
def sink() -> Iterator[Sink]:
    """Run a receiver that throws everything away."""
    with Sink() as running:
        yield running


def check(framework: str, count: int, terms: Terms) -> None:
    report = compare(framework, count, terms)
    assert report.differences == [], "\n".join(map(str, [report, *report.differences]))
    assert report.sent == count
    assert "404" not in report.statuses


def terms(sink: Sink, server: str = "uvicorn", seed: int = 1, **environ: str) -> Terms:
    ours = {"SENTRY_DSN": sink.dsn, "SENTRY_TRACES_SAMPLE_RATE": "1", **environ}
    return Terms(server, seed, environ=ours, most_differences=3)


@pytest.mark.parametrize("framework", ["plain", "fastapi"])
def test_a_sample_of_requests_is_served_as_bare(framework: str, sink: Sink) -> None:
    check(framework, 60, terms(sink))


@pytest.mark.matrix
@pytest.mark.parametrize("framework", READERS)
def test_many_requests_are_served_as_bare(framework: str, sink: Sink) -> None:
    check(framework, 120, terms(sink, seed=2))


@pytest.mark.matrix
@pytest.mark.parametrize("server", ["hypercorn", "granian", "gunicorn"])
@pytest.mark.parametrize("framework", READERS)
def test_and_on_other_servers(framework: str, server: str, sink: Sink) -> None:
    check(framework, 30, terms(sink, server, seed=3))


@pytest.mark.matrix
@pytest.mark.parametrize(
    "environ",
    [
        {"SENTRY_TRACES_SAMPLE_RATE": "0"},
        {"SENTRY_ASGI_EXCLUDED_PATHS": "/*"},
        {"SENTRY_MAX_REQUEST_BODY_SIZE": "always", "SENTRY_SEND_DEFAULT_PII": "1"},
    ],
    ids=["untraced", "excluded", "whole-bodies"],
)
@pytest.mark.parametrize("framework", READERS)
def test_and_with_other_settings(framework: str, environ: dict[str, str], sink: Sink) -> None:
    check(framework, 30, terms(sink, seed=4, **environ))
