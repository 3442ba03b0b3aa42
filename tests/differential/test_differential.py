"""A sample of the comparison runs with the other tests, all of it in the matrix."""

from __future__ import annotations

from typing import Iterator, Mapping

import pytest

from tests.benchmarks.sink import Sink
from tests.differential.comparison import Terms, compare
from tests.differential.readers import READERS

SERVERS = ("uvicorn", "hypercorn", "granian", "gunicorn")
SETTINGS = {
    "traced": {"SENTRY_TRACES_SAMPLE_RATE": "1"},
    "untraced": {},
    "excluded": {"SENTRY_TRACES_SAMPLE_RATE": "1", "SENTRY_ASGI_EXCLUDED_PATHS": "/*"},
    "whole bodies": {"SENTRY_TRACES_SAMPLE_RATE": "0.5", "SENTRY_MAX_REQUEST_BODY_SIZE": "always"},
}


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


def terms(sink: Sink, settings: Mapping[str, str], server: str = "uvicorn", **more: int) -> Terms:
    return Terms(server, environ={"SENTRY_DSN": sink.dsn, **settings}, most_differences=3, **more)


@pytest.mark.parametrize("framework", READERS)
def test_a_sample_of_requests_is_served_as_bare(framework: str, sink: Sink) -> None:
    check(framework, 60, terms(sink, SETTINGS["traced"]))


@pytest.mark.matrix
@pytest.mark.parametrize("framework", READERS)
def test_many_requests_are_served_as_bare(framework: str, sink: Sink) -> None:
    check(framework, 1_500, terms(sink, SETTINGS["traced"], seed=2))


@pytest.mark.matrix
@pytest.mark.parametrize("settings", SETTINGS.values(), ids=SETTINGS.keys())
@pytest.mark.parametrize("framework", READERS)
def test_with_other_settings_too(framework: str, settings: dict[str, str], sink: Sink) -> None:
    check(framework, 200, terms(sink, settings, seed=3))


@pytest.mark.matrix
@pytest.mark.parametrize("server", SERVERS[1:])
@pytest.mark.parametrize("framework", READERS)
def test_on_other_servers_too(framework: str, server: str, sink: Sink) -> None:
    check(framework, 200, terms(sink, SETTINGS["traced"], server, seed=4))
