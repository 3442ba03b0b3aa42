"""Hand on what arrives as it arrives, as server-sent events: what Spotlight's overlay reads."""

from __future__ import annotations

import base64
from functools import partial
from typing import AsyncIterator

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route

from sentry_asgi_autoconf.inbox.envelopes import write_envelope
from sentry_asgi_autoconf.inbox.tolerant import Item

# What a reader gets of what was there before it came.
MAX_REPLAYED = 500
_SILENCE_SECONDS = 15
_TYPE = "application/x-sentry-envelope"
_HEADERS = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}


async def _stream(request: Request) -> Response:
    """Answer an event for each item: first what is kept, or what is newer than the reader's last, then what arrives."""
    seen = request.headers.get("last-event-id", "")
    after = int(seen) if seen.isascii() and seen.isdigit() and len(seen) <= 18 else 0
    events = _events(request, after, "base64" in request.query_params)
    return StreamingResponse(events, 200, _HEADERS, "text/event-stream")


async def _events(request: Request, after: int, in_base64: bool) -> AsyncIterator[bytes]:
    state = request.app.state
    # Whoever has seen more than there was, has seen another inbox.
    last = after if after <= state.store.newest else 0
    yield b": inbox\n\n"
    while not state.arrivals.closed:
        found: list[Item] = await state.arrivals.wait(
            partial(state.store.items, after=last), bool, _SILENCE_SECONDS
        )
        for item in found[-MAX_REPLAYED:]:
            yield _event(item, in_base64)
            last = item["id"]
        if not found:
            yield b": nothing new\n\n"


def _event(item: Item, in_base64: bool) -> bytes:
    envelope = write_envelope(item)
    if in_base64:
        name, lines = f"{_TYPE};base64", [base64.b64encode(envelope).decode()]
    else:
        name, lines = _TYPE, envelope.decode("utf-8", "replace").split("\n")
    data = "".join(f"data: {line}\n" for line in lines).replace("\r", "")
    return f"id: {item['id']}\nevent: {name}\n{data}\n".encode()


async def _health(request: Request) -> Response:
    return PlainTextResponse("OK")


def _clear(request: Request) -> Response:
    request.app.state.store.clear()
    return PlainTextResponse("Cleared")


ROUTES = [
    Route("/stream", _stream, methods=["GET"]),
    Route("/health", _health, methods=["GET"]),
    Route("/clear", _clear, methods=["DELETE"]),
]
# What pages of other, local addresses may use.
PATHS = {route.path for route in ROUTES}
