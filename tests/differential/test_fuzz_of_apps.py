"""Whatever an app does with its scope and messages, its server sees what it would see without this package."""

from __future__ import annotations

import pytest

from tests.differential.fuzz import OF_THE_SDK, SETTINGS, fuzz


def check(count: int, number: int, environ: dict[str, str]) -> None:
    figures = fuzz(count, number, environ)
    assert figures.differences == [], "\n".join(figures.differences)
    assert figures.tried >= count
    assert set(figures.outcomes) == {"returned", "raised"}
    assert set(figures.of_the_sdk) <= set(OF_THE_SDK)


def test_an_app_is_served_as_bare_whatever_it_does() -> None:
    check(200, 1, {})


@pytest.mark.matrix
@pytest.mark.parametrize("environ", SETTINGS.values(), ids=SETTINGS.keys())
def test_many_apps(environ: dict[str, str]) -> None:
    check(250, 2, environ)


def test_the_comparison_would_notice_a_chain_that_is_cut() -> None:
    environ = {"SENTRY_EXPERIMENTS": '{"suppress_asgi_chained_exceptions": true}'}
    assert fuzz(60, 3, environ).differences
