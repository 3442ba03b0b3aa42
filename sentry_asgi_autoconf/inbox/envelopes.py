"""Read an envelope from its bytes and turn its items into what the store keeps."""

from __future__ import annotations

import base64
import io
import json
from datetime import datetime, timezone
from typing import Any, Collection

from sentry_sdk.envelope import Item as WireItem

from sentry_asgi_autoconf.inbox.masking import (
    keys_to_mask,
    masked_bytes,
    masked_envelope_headers,
    shown_auth,
)
from sentry_asgi_autoconf.inbox.receiver import Item
from sentry_asgi_autoconf.inbox.refusal import RefusedError

# Deeper JSON than any SDK sends could exhaust the recursion limit of whoever reads it later.
_MAX_DEPTH = 200


def entries_from_envelope(body: bytes, project: str, auth: dict[str, str]) -> list[tuple[Item, int]]:
    """Return each item of the envelope `body` (without an id yet) and the size of its payload in bytes.

    Raises RefusedError (400) when `body` is no envelope.
    """
    header_line, _, _ = body.partition(b"\n")
    headers = _object(header_line, "the envelope header")
    wire_items = _wire_items(body, len(header_line) + 1)
    if not wire_items:
        raise RefusedError(400, "the envelope holds no items")
    return [_entry(item, headers, project, auth) for item in wire_items]


def entry_from_event(body: bytes, project: str, auth: dict[str, str]) -> tuple[Item, int]:
    """Return the one event of the legacy store endpoint, and its size in bytes.

    Raises RefusedError (400) when `body` is no JSON object.
    """
    event = _object(body, "the event")
    kind = "transaction" if event.get("type") == "transaction" else "event"
    headers = {"event_id": event["event_id"]} if isinstance(event.get("event_id"), str) else {}
    return _entry(_wire_event(event, kind), headers, project, auth)


def _wire_event(event: dict[str, Any], kind: str) -> WireItem:
    return WireItem(json.dumps(event), headers={"type": kind, "content_type": "application/json"})


def _object(text: bytes, what: str) -> dict[str, Any]:
    try:
        value = json.loads(text.decode("utf-8", "replace"))
    except (ValueError, RecursionError):
        raise RefusedError(400, f"{what} is not JSON") from None
    if not isinstance(value, dict):
        raise RefusedError(400, f"{what} is not a JSON object")
    return value


def _wire_items(body: bytes, start: int) -> list[WireItem]:
    stream = io.BytesIO(body)
    stream.seek(start)
    items: list[WireItem] = []
    while stream.tell() < len(body):
        what = f"item {len(items) + 1}"
        item_start = stream.tell()
        try:
            item = WireItem.deserialize_from(stream)
        except (ValueError, TypeError, AttributeError, OverflowError, RecursionError):
            raise RefusedError(400, f"{what} has a header or a payload that cannot be read") from None
        if item is None:
            continue
        if not isinstance(item.type, str) or not item.type:
            raise RefusedError(400, f"{what} has no type in its header")
        _check_length(body, item_start, item, what)
        items.append(item)
    return items


def _check_length(body: bytes, item_start: int, item: WireItem, what: str) -> None:
    """Refuse a payload that its `length` cuts or that is shorter: the SDK's parser takes both."""
    length = item.headers.get("length")
    if length is None:
        return
    header_end = body.find(b"\n", item_start)
    payload_end = (len(body) if header_end < 0 else header_end + 1) + length
    if length < 0 or payload_end > len(body):
        raise RefusedError(400, f"{what} is shorter than the length in its header")
    if body[payload_end : payload_end + 1] not in (b"", b"\n"):
        raise RefusedError(400, f"{what} is longer than the length in its header")


def _entry(item: WireItem, headers: dict[str, Any], project: str, auth: dict[str, str]) -> tuple[Item, int]:
    keys = keys_to_mask(auth, headers)
    try:
        (envelope_headers, item_headers), _ = _stored([masked_envelope_headers(headers), item.headers], keys)
        payload, size = _payload(item, keys)
    except ValueError as error:
        raise RefusedError(400, f"an item of the envelope cannot be kept: {error}") from None
    entry = {
        "project": project,
        "type": item_headers["type"],
        "headers": item_headers,
        "envelope": envelope_headers,
        "received": datetime.now(timezone.utc).isoformat(),
        "auth": shown_auth(auth),
        "payload": payload,
    }
    return entry, size


def _payload(item: WireItem, keys: Collection[bytes]) -> tuple[Any, int]:
    if item.type in ("event", "transaction"):
        parsed = item.payload.json if item.payload.bytes is None else json.loads(item.payload.bytes)
        return _stored(parsed, keys)
    raw = item.get_bytes()
    if item.type != "attachment":
        try:
            return _stored(json.loads(raw.decode("utf-8")), keys)
        except (ValueError, RecursionError):
            pass
    encoded = base64.b64encode(masked_bytes(raw, keys)).decode("ascii")
    return {"bytes": encoded}, len(encoded)


def _stored(value: Any, keys: Collection[bytes]) -> tuple[Any, int]:
    """Return `value` as strict JSON without keys and lone surrogates, and the length of its text."""
    _check_depth(value)
    try:
        text = json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    except ValueError:
        raise ValueError("it has a number that JSON does not allow") from None
    masked = masked_bytes(text.encode("utf-8", "replace"), keys)
    return json.loads(masked.decode("utf-8")), len(masked)


def _check_depth(value: Any) -> None:
    level = [value] if isinstance(value, (dict, list)) else []
    for _ in range(_MAX_DEPTH):
        children = (node.values() if isinstance(node, dict) else node for node in level)
        level = [child for nodes in children for child in nodes if isinstance(child, (dict, list))]
        if not level:
            return
    raise ValueError(f"it is nested deeper than {_MAX_DEPTH} levels")
