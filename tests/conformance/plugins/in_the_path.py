"""pytest plugin for the SDK's tests: what each test gives its client are settings, each app that it serves is wrapped.

The fixture `sentry_init` of these tests makes a client. Here that client is made as in a process that this package
has initialised from settings of the same values; the package then guards what else the test makes of clients, as it
would in an app. The test clients serve what a server would: the app as this package wraps it.
"""

from __future__ import annotations

from typing import Any, Iterator

import pytest


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """Begin each test as a process that has no settings yet."""
    # Not sooner, as the tests want to be the first to import the SDK.
    import process
    import served_apps

    process.begin()
    served_apps.begin()


@pytest.hookimpl(wrapper=True)
def pytest_fixture_setup(fixturedef: Any, request: Any) -> Iterator[None]:
    """Have what `sentry_init` is given be settings."""
    made = yield
    if fixturedef.argname != "sentry_init":
        return made
    import process

    init = process.as_settings(made)
    fixturedef.cached_result = (init, *fixturedef.cached_result[1:])
    return init


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Iterator[None]:
    """Tell with the test's outcome what of it went through this package."""
    try:
        return (yield)
    finally:
        import process
        import served_apps

        uses = {"initialised": process.was_initialised(), "wrapped": served_apps.has_served()}
        item.user_properties.extend((name, True) for name, is_so in uses.items() if is_so)
