"""A transaction has no spans of the requests by which the SDK itself sends."""

from __future__ import annotations

from typing import Any

import pytest
import sentry_sdk

from sentry_asgi_autoconf.serving.request_names import complete

POST = "POST http://sentry.acme.internal:9000/api/1/envelope/"
KEPT: list[Any] = [
    {"op": "http.client", "description": "GET http://sentry.acme.internal:9000/api/1/"},
    {"op": "http.client", "description": "POST http://elsewhere:9000/api/1/envelope/"},
    {"op": "db", "description": POST},
    {"op": "queue.publish", "description": POST},
    {"op": "http.client"},
    None,
]


@pytest.mark.parametrize(("kind", "is_left_out"), [("transaction", True), (None, False)])
def test_spans_of_the_sdk_s_own_requests_are_left_out(kind: str | None, is_left_out: bool) -> None:
    own = {"op": "http.client", "description": POST}
    client = sentry_sdk.Client(dsn="http://key@sentry.acme.internal:9000/1", default_integrations=False)
    with sentry_sdk.isolation_scope() as scope:
        scope.set_client(client)
        event = complete({"type": kind, "spans": [own, *KEPT]}, {})
    assert event["spans"] == (KEPT if is_left_out else [own, *KEPT])
