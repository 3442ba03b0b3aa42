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


def terms(sink: Sink, **more: int) -> Terms:
    environ = {"SENTRY_DSN": sink.dsn, "SENTRY_TRACES_SAMPLE_RATE": "1"}
    return Terms("uvicorn", environ=environ, most_differences=3, **more)


@pytest.mark.parametrize("framework", READERS)
def test_a_sample_of_requests_is_served_as_bare(framework: str, sink: Sink) -> None:
    check(framework, 60, terms(sink))


@pytest.mark.matrix
@pytest.mark.parametrize("framework", READERS)
def test_many_requests_are_served_as_bare(framework: str, sink: Sink) -> None:
    check(framework, 300, terms(sink, seed=2))
