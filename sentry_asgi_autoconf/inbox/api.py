"""Answer the JSON API that tests and the pages read."""

from __future__ import annotations

from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from sentry_asgi_autoconf.inbox.arrivals import Arrivals
from sentry_asgi_autoconf.inbox.receiver import Item, Store
from sentry_asgi_autoconf.inbox.refusal import RefusedError

MAX_WAIT = 30


class Api:
    """The reading side, over one store."""

    def __init__(self, store: Store, arrivals: Arrivals) -> None:
        """Read `store`, and wait on `arrivals`."""
        self._store = store
        self._arrivals = arrivals

    def routes(self) -> Any:
        """List the routes."""
        return [
            Route("/api/inbox/health", self.health, methods=["GET"]),
            Route("/api/inbox/items", self.items, methods=["GET"]),
            Route("/api/inbox/items", self.clear, methods=["DELETE"]),
            Route("/api/inbox/items/{item_id:int}", self.item, methods=["GET"]),
        ]

    async def health(self, request: Request) -> Response:
        """Say that the inbox answers."""
        return JSONResponse({"status": "ok"})

    async def items(self, request: Request) -> Response:
        """List matching items; with `wait`, once there are `count` of them or that many seconds later."""
        query = request.query_params
        project = query.get("project")
        types = query.getlist("type")
        after = _whole_number(request, "after", 0)
        limit = _optional_number(request, "limit")
        wait = min(_seconds(request, "wait"), MAX_WAIT)
        count = _whole_number(request, "count", 1)

        def find() -> list[Item]:
            return self._store.items(project, types, after)

        found = await self._arrivals.wait(find, count, wait) if wait > 0 else find()
        return JSONResponse({"items": found[:limit], "newest": self._store.newest})

    async def item(self, request: Request) -> Response:
        """Return one item."""
        item = self._store.get(request.path_params["item_id"])
        if item is None:
            raise RefusedError(404, "no such item: it never was, or newer ones displaced it")
        return JSONResponse(item)

    async def clear(self, request: Request) -> Response:
        """Forget the items, of one project or all."""
        return JSONResponse({"deleted": self._store.clear(request.query_params.get("project"))})


def _optional_number(request: Request, name: str) -> int | None:
    return _whole_number(request, name, 0) if name in request.query_params else None


def _whole_number(request: Request, name: str, default: int) -> int:
    text = request.query_params.get(name)
    if text is None:
        return default
    if not (text.isascii() and text.isdigit() and len(text) <= 18):
        raise RefusedError(400, f"{name} must be a whole number, 0 or more")
    return int(text)


def _seconds(request: Request, name: str) -> float:
    text = request.query_params.get(name, "0")
    try:
        seconds = float(text)
    except ValueError:
        seconds = -1.0
    if not 0 <= seconds < float("inf"):
        raise RefusedError(400, f"{name} must be a number of seconds, 0 or more")
    return seconds
