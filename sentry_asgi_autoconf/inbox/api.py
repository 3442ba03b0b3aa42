"""Answer the endpoints that Sentry's SDKs send to, and the JSON API that tests and the pages read."""

from __future__ import annotations

import uuid
from functools import partial
from typing import Any, Callable

from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from sentry_asgi_autoconf.inbox import listing, profiles
from sentry_asgi_autoconf.inbox.envelopes import (
    MAX_COMPRESSED,
    RefusedError,
    decode,
    parse_auth,
    read_envelope,
    read_event,
)
from sentry_asgi_autoconf.inbox.tolerant import Item

MAX_WAIT = 30
# A client that still sends cannot read an answer: swallow this much of a body that is refused anyway.
_MAX_SWALLOWED = 5 * MAX_COMPRESSED


def item_of(request: Request) -> Item | None:
    """Return the item that the path names, None if there is none."""
    text = request.path_params["item_id"]
    item: Item | None = request.app.state.store.get(int(text)) if _is_whole_number(text) else None
    return item


async def _health(request: Request) -> Response:
    return JSONResponse({"status": "ok"})


async def _list(request: Request) -> Response:
    """List matching items; with `wait`, once there are `count` of them or that many seconds later.

    With `changes`, it waits for another number of changes instead.
    """
    state, query = request.app.state, request.query_params
    after, limit = _whole_number(request, "after", 0), _whole_number(request, "limit", None)
    wait, count = min(_seconds(request, "wait"), MAX_WAIT), _whole_number(request, "count", 1)
    changes = _whole_number(request, "changes", None)
    find = partial(state.store.items, query.get("project"), query.getlist("type"), after)

    def satisfied(found: list[Item]) -> bool:
        return len(found) >= count if changes is None else bool(state.store.changes != changes)

    found = await state.arrivals.wait(find, satisfied, wait) if wait > 0 else find()
    told = {"newest": state.store.newest, "changes": state.store.changes}
    return JSONResponse({"items": found[:limit], **told})


def _show(request: Request) -> Response:
    item = item_of(request)
    if item is None:
        raise RefusedError(404, "no such item: it never existed, or newer items have replaced it")
    return JSONResponse(item)


def _flames(request: Request) -> Response:
    """Answer what a flame graph of a profile shows."""
    item = item_of(request)
    if item is None or item["type"] not in profiles.TYPES:
        raise RefusedError(404, "no such profile: it never existed, or newer ones have replaced it")
    run = listing.run_of(request.app.state.store, item)
    return JSONResponse(profiles.tree(sample for each in run for sample in profiles.samples_of(each)))


def _clear(request: Request) -> Response:
    return JSONResponse({"deleted": request.app.state.store.clear(request.query_params.get("project"))})


async def _receive(read: Callable[..., list[tuple[Item, int]]], request: Request) -> Response:
    """Keep what arrives; answer the id of its event, or a new one."""
    try:
        received, encoding = await _body(request), request.headers.get("content-encoding", "")
        query = request.query_params
        auth = {name: query[name] for name in ("sentry_key", "sentry_client") if name in query}
        auth.update(parse_auth(request.headers.get("x-sentry-auth", "")))
        # In a thread, so that no large body keeps others from being answered.
        body = await run_in_threadpool(decode, received, encoding)
        entries = await run_in_threadpool(read, body, request.path_params.get("project"), auth)
    except ClientDisconnect:
        return Response(status_code=400)
    state = request.app.state
    items = [state.store.add(entry, size) for entry, size in entries]
    for item in items:
        state.on_item(item)
    event_id = items[0]["envelope"].get("event_id")
    return JSONResponse({"id": event_id if isinstance(event_id, str) else uuid.uuid4().hex})


async def _body(request: Request) -> bytes:
    refusal = RefusedError(413, f"the body is larger than {MAX_COMPRESSED} bytes")
    announced = request.headers.get("content-length", "")
    if announced.isdigit() and int(announced) > _MAX_SWALLOWED:
        raise refusal
    body, swallowed = bytearray(), 0
    async for chunk in request.stream():
        swallowed += len(chunk)
        if swallowed <= MAX_COMPRESSED:
            body += chunk
        elif swallowed > _MAX_SWALLOWED:
            break
    if swallowed > MAX_COMPRESSED:
        raise refusal
    return bytes(body)


def _whole_number(request: Request, name: str, default: Any) -> Any:
    text = request.query_params.get(name)
    if text is None:
        return default
    if not _is_whole_number(text):
        raise RefusedError(400, f"{name} must be a whole number, 0 or more")
    return int(text)


def _is_whole_number(text: str) -> bool:
    # Python refuses to read one of some thousand digits.
    return text.isascii() and text.isdigit() and len(text) <= 18


def _seconds(request: Request, name: str) -> float:
    try:
        seconds = float(request.query_params.get(name, "0"))
    except ValueError:
        seconds = -1.0
    if not 0 <= seconds < float("inf"):
        raise RefusedError(400, f"{name} must be a number of seconds, 0 or more")
    return seconds


_envelope, _event = partial(_receive, read_envelope), partial(_receive, read_event)
ROUTES = [
    Route("/api/inbox/health", _health, methods=["GET"]),
    Route("/api/inbox/items", _list, methods=["GET"]),
    Route("/api/inbox/items", _clear, methods=["DELETE"]),
    Route("/api/inbox/items/{item_id}", _show, methods=["GET"]),
    Route("/api/inbox/profiles/{item_id}", _flames, methods=["GET"]),
    *(Route(f"/api/{{project}}/envelope{end}", _envelope, methods=["POST"]) for end in ("/", "")),
    *(Route(f"/api/{{project}}/store{end}", _event, methods=["POST"]) for end in ("/", "")),
    # Where Spotlight's SDKs send.
    Route("/stream", _envelope, methods=["POST"]),
]
