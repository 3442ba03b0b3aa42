"""Answer the endpoints that Sentry's SDKs send to."""

from __future__ import annotations

import uuid
from typing import Any, Callable

from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from sentry_asgi_autoconf.inbox.decoding import MAX_COMPRESSED, decode
from sentry_asgi_autoconf.inbox.envelopes import entries_from_envelope, entry_from_event
from sentry_asgi_autoconf.inbox.masking import parse_auth
from sentry_asgi_autoconf.inbox.receiver import Item, Store
from sentry_asgi_autoconf.inbox.refusal import RefusedError

# A client that still sends cannot read an answer: swallow this much of a body that is refused anyway.
_MAX_SWALLOWED = 5 * MAX_COMPRESSED


class Intake:
    """The receiving side of the protocol, over one store."""

    def __init__(self, store: Store, on_item: Callable[[Item], None] | None = None) -> None:
        """Add to `store`, and call `on_item` with each item after that."""
        self._store = store
        self._on_item = on_item

    def routes(self) -> Any:
        """List the routes."""
        paths = {"/api/{project}/envelope": self.envelope, "/api/{project}/store": self.legacy_store}
        return [
            Route(path + slash, endpoint, methods=["POST"])
            for path, endpoint in paths.items()
            for slash in ("/", "")
        ]

    async def envelope(self, request: Request) -> Response:
        """Take an envelope; answer the id of its event, or a new one."""
        return await self._answer(request, entries_from_envelope)

    async def legacy_store(self, request: Request) -> Response:
        """Take a bare event from a client older than envelopes."""
        return await self._answer(request, lambda *parts: [entry_from_event(*parts)])

    async def _answer(self, request: Request, parse: Callable[[bytes, str, dict[str, str]], Any]) -> Response:
        try:
            body = decode(await _body(request), request.headers.get("content-encoding", ""))
            entries = parse(body, request.path_params["project"], _auth(request))
        except ClientDisconnect:
            return Response(status_code=400)
        items = [self._store.add(entry, size) for entry, size in entries]
        if self._on_item is not None:
            for item in items:
                self._on_item(item)
        return JSONResponse({"id": _event_id(items[0])})


async def _body(request: Request) -> bytes:
    refusal = RefusedError(413, f"the body is larger than {MAX_COMPRESSED} bytes")
    announced = request.headers.get("content-length", "")
    if announced.isdigit() and int(announced) > _MAX_SWALLOWED:
        raise refusal
    body = bytearray()
    swallowed = 0
    async for chunk in request.stream():
        swallowed += len(chunk)
        if swallowed <= MAX_COMPRESSED:
            body += chunk
        elif swallowed > _MAX_SWALLOWED:
            break
    if swallowed > MAX_COMPRESSED:
        raise refusal
    return bytes(body)


def _auth(request: Request) -> dict[str, str]:
    from_query = {
        name: value for name, value in request.query_params.items() if name in ("sentry_key", "sentry_client")
    }
    return {**from_query, **parse_auth(request.headers.get("x-sentry-auth", ""))}


def _event_id(item: Item) -> str:
    event_id = item["envelope"].get("event_id")
    return event_id if isinstance(event_id, str) else uuid.uuid4().hex
