"""A route's name has the mounts that lead to it, and a name that is no path has not."""

from __future__ import annotations

import contextvars
from typing import Any

import pytest
from starlette.routing import Mount, Router

from sentry_asgi_autoconf.serving import current_request
from sentry_asgi_autoconf.serving.current_request import Request
from sentry_asgi_autoconf.serving.request_names import complete


def named(name: str, source: str) -> Any:
    """Return the name of a transaction of a request that went through two mounts."""
    request = Request({"type": "http", "path": "/shop/eu/x"}, object(), (None, None))
    request.mounts = ((Mount("/shop", Router()), "/shop"), (Mount("/eu", Router()), "/shop/eu"))
    current_request.begin(request)
    event = {
        "type": "transaction",
        "transaction": name,
        "transaction_info": {"source": source},
        "request": {},
    }
    return complete(event, {})["transaction"]


@pytest.mark.parametrize(
    ("name", "source", "expected"),
    [
        ("/x", "route", "/shop/eu/x"),
        ("", "route", "/shop/eu"),
        ("*job", "route", "*job"),
        ("shop.views.x", "route", "shop.views.x"),
        ("shop.views.x", "component", "shop.views.x"),
        ("/x", "custom", "/x"),
    ],
)
def test_a_path_has_its_mounts(name: str, source: str, expected: str) -> None:
    assert contextvars.copy_context().run(named, name, source) == expected
