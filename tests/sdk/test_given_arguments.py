"""Of a client that an app made before us, the options say what it was given."""

from __future__ import annotations

from typing import Any

import pytest
import sentry_sdk
from sentry_sdk.client import NonRecordingClient

from sentry_asgi_autoconf.sdk.clients import _arguments_of

DSN = "https://key@sentry.acme.internal/1"


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Set what the SDK takes for an argument that it is not given."""
    for name, value in {"DSN": DSN, "ENVIRONMENT": "production", "RELEASE": "shop@1"}.items():
        monkeypatch.setenv(f"SENTRY_{name}", value)


@pytest.mark.parametrize(
    "given",
    [
        {},
        {"dsn": "https://key@elsewhere/1"},
        {"environment": "staging", "sample_rate": 0.5},
        {"release": "other@2", "attach_stacktrace": True},
        {"release": "a@1", "max_breadcrumbs": 0},
        {"data_collection": {"user_info": True}},
        {"traces_sampler": len, "in_app_include": ["shop"]},
    ],
)
def test_what_was_given_is_told_from_what_the_sdk_took_by_itself(given: dict[str, Any]) -> None:
    client = sentry_sdk.Client(**given, default_integrations=False, auto_enabling_integrations=False)
    found = _arguments_of(client)
    assert {found.pop(name) for name in ("default_integrations", "auto_enabling_integrations")} == {False}
    assert found.keys() == given.keys()
    assert all(found[name] == value for name, value in given.items() if name != "data_collection")


def test_where_there_is_no_client_nothing_was_given() -> None:
    assert _arguments_of(NonRecordingClient()) == {}
