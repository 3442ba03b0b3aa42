"""Read an envelope, however it was encoded, into what the store keeps: bounded, and without the DSN's public key."""

from __future__ import annotations

import base64
import contextlib
import io
import json
import re
import zlib
from datetime import datetime, timezone
from typing import Any, Collection
from urllib.parse import urlsplit

from sentry_sdk.envelope import Item as WireItem
from starlette.exceptions import HTTPException

from sentry_asgi_autoconf.inbox.tolerant import Item

try:
    import brotli  # type: ignore[import-untyped]  # ships no types
except ImportError:
    brotli = None

MASK = "***"

# Deeper JSON than any SDK sends could exhaust the recursion limit of whoever reads it later.
_MAX_DEPTH = 200
# As many as the inbox keeps by default; an SDK sends some tens at most.
MAX_ITEMS = 1000
# A real key has 32 hex digits; a short one, such as our own "inbox", is a word that any text may hold.
_SHORTEST_KEY = 16
_BAGGAGE_KEY = re.compile(rb"(sentry-public_key(?:=|%3D))[^,;&\s\"'\\%]+", re.IGNORECASE)
MAX_COMPRESSED = 20 * 1024 * 1024
MAX_DECODED = 100 * 1024 * 1024

_ENCODINGS = ("gzip", "deflate", "br") if brotli else ("gzip", "deflate")
# Brotli before 1.2 cannot bound its output: a few input bytes at a time bound it to some tens of MiB.
_UNBOUNDED_BROTLI_STEP = 16


class RefusedError(HTTPException):
    """A request that the inbox does not accept: HTTP status and, never repeating what was sent, what is wrong."""


def decode(body: bytes, encoding: str, limit: int = MAX_DECODED) -> bytes:
    """Return `body` decoded from its content encoding. Raises RefusedError: 415 unknown, 413 too large, 400 broken."""
    name = encoding.strip().lower() or "identity"
    if name == "identity":
        decoded, is_whole = body, True
    elif name not in _ENCODINGS:
        raise RefusedError(415, f"content encoding not supported here; supported are {', '.join(_ENCODINGS)}")
    else:
        try:
            decoded, is_whole = _unbrotli(body, limit) if name == "br" else _inflate(body, limit, name)
        except (zlib.error, getattr(brotli, "error", zlib.error)):
            raise RefusedError(400, f"the body is not {name}") from None
    _check_size(decoded, limit)
    if not is_whole:
        raise RefusedError(400, f"the {name} body is cut off")
    return decoded


def _check_size(decoded: bytes | bytearray, limit: int) -> None:
    if len(decoded) > limit:
        raise RefusedError(413, f"the decoded body is larger than {limit} bytes")


def _inflate(body: bytes, limit: int, name: str) -> tuple[bytes, bool]:
    window_bits = zlib.MAX_WBITS
    if name == "gzip":
        window_bits += 16
    # "deflate" means the zlib format, but some clients send the bare stream; RFC 1950 tells them apart.
    elif not (len(body) > 1 and body[0] & 0x0F == 8 and (body[0] * 256 + body[1]) % 31 == 0):
        window_bits = -window_bits
    inflater = zlib.decompressobj(window_bits)
    return inflater.decompress(body, limit + 1), inflater.eof


def _unbrotli(body: bytes, limit: int) -> tuple[bytes, bool]:
    decompressor: Any = brotli.Decompressor()
    decoded = bytearray()
    if hasattr(decompressor, "can_accept_more_data"):
        decoded += decompressor.process(body, output_buffer_limit=limit + 1)
        while not decompressor.can_accept_more_data() and not decompressor.is_finished():
            _check_size(decoded, limit)
            decoded += decompressor.process(b"", output_buffer_limit=limit + 1)
    else:
        for start in range(0, len(body), _UNBOUNDED_BROTLI_STEP):
            decoded += decompressor.process(body[start : start + _UNBOUNDED_BROTLI_STEP])
            _check_size(decoded, limit)
    return bytes(decoded), decompressor.is_finished()


def parse_auth(header: str) -> dict[str, str]:
    """Read the pairs of an `X-Sentry-Auth` header: `Sentry sentry_key=…, sentry_client=…`."""
    scheme, _, rest = header.strip().partition(" ")
    if scheme.lower() != "sentry":
        return {}
    pairs = (part.split("=", 1) for part in rest.split(",") if "=" in part)
    return {name.strip(): value.strip() for name, value in pairs}


def read_envelope(body: bytes, project: str | None, auth: dict[str, str]) -> list[tuple[Item, int]]:
    """Return the items of an envelope, with each payload's size, without ids yet. Raises RefusedError (400, 413).

    Without a project, it is of the one in its DSN, or of the first.
    """
    header_line = body.partition(b"\n")[0]
    headers = _object(header_line, "the envelope header")
    wire_items = _wire_items(body, len(header_line) + 1)
    if not wire_items:
        raise RefusedError(400, "the envelope holds no items")
    of = project or _part_of_dsn(headers.get("dsn"), "path").rpartition("/")[2] or "1"
    return [_entry(item, headers, of, auth) for item in wire_items]


def read_event(body: bytes, project: str, auth: dict[str, str]) -> list[tuple[Item, int]]:
    """Return the one event of the legacy store endpoint, in the same form. Raises RefusedError (400)."""
    event = _object(body, "the event")
    kind = "transaction" if event.get("type") == "transaction" else "event"
    item = WireItem(json.dumps(event), headers={"type": kind, "content_type": "application/json"})
    headers = {"event_id": event["event_id"]} if isinstance(event.get("event_id"), str) else {}
    return [_entry(item, headers, project, auth)]


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
        if len(items) == MAX_ITEMS:
            raise RefusedError(413, f"the envelope holds more than {MAX_ITEMS} items")
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
    trace = headers.get("trace")
    trace_key = trace.get("public_key") if isinstance(trace, dict) else None
    named = (auth.get("sentry_key"), _part_of_dsn(headers.get("dsn"), "username"), trace_key)
    long_enough = (key for key in named if isinstance(key, str) and len(key) >= _SHORTEST_KEY)
    keys = [key.encode("utf-8", "replace") for key in long_enough]
    if "dsn" in headers:
        headers = {**headers, "dsn": MASK}
    if isinstance(trace, dict) and "public_key" in trace:
        headers = {**headers, "trace": {**trace, "public_key": MASK}}
    try:
        (envelope_headers, item_headers), _ = _stored([headers, item.headers], keys)
        payload, size = _payload(item, keys)
    except ValueError as error:
        raise RefusedError(400, f"an item of the envelope cannot be kept: {error}") from None
    shown_auth = {"sentry_key": MASK, "sentry_client": auth.get("sentry_client")}
    entry = {
        "project": project,
        "type": item_headers["type"],
        "headers": item_headers,
        "envelope": envelope_headers,
        "received": datetime.now(timezone.utc).isoformat(),
        "auth": {name: value for name, value in shown_auth.items() if name in auth},
        "payload": payload,
    }
    return entry, size


def write_envelope(item: Item) -> bytes:
    """Return an envelope of one item as it arrived, but for what is masked."""
    body = _raw(item)
    headers = [item["envelope"], {**item["headers"], "length": len(body)}]
    return b"\n".join([*(json.dumps(each).encode() for each in headers), body, b""])


def _raw(item: Item) -> bytes:
    payload = item["payload"]
    if isinstance(payload, dict) and list(payload) == ["bytes"]:
        with contextlib.suppress(ValueError, TypeError):
            return base64.b64decode(payload["bytes"], validate=True)
    return json.dumps(payload).encode()


def _payload(item: WireItem, keys: Collection[bytes]) -> tuple[Any, int]:
    if item.type in ("event", "transaction"):
        parsed = item.payload.json if item.payload.bytes is None else json.loads(item.payload.bytes)
        return _stored(parsed, keys)
    raw = item.get_bytes()
    if item.type != "attachment":
        with contextlib.suppress(ValueError, RecursionError):
            return _stored(json.loads(raw.decode("utf-8")), keys)
    encoded = base64.b64encode(_masked(raw, keys)).decode("ascii")
    return {"bytes": encoded}, len(encoded)


def _stored(value: Any, keys: Collection[bytes]) -> tuple[Any, int]:
    """Return `value` as strict JSON without keys and lone surrogates, and the length of its text."""
    _check_depth(value)
    try:
        text = json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    except ValueError:
        raise ValueError("it has a number that JSON does not allow") from None
    masked = _masked(text.encode("utf-8", "replace"), keys)
    return json.loads(masked.decode("utf-8")), len(masked)


def _check_depth(value: Any) -> None:
    level = [value] if isinstance(value, (dict, list)) else []
    for _ in range(_MAX_DEPTH):
        children = (node.values() if isinstance(node, dict) else node for node in level)
        level = [child for nodes in children for child in nodes if isinstance(child, (dict, list))]
        if not level:
            return
    raise ValueError(f"it is nested deeper than {_MAX_DEPTH} levels")


def _masked(payload: bytes, keys: Collection[bytes]) -> bytes:
    for key in keys:
        payload = payload.replace(key, MASK.encode())
    return _BAGGAGE_KEY.sub(rb"\1" + MASK.encode(), payload)


def _part_of_dsn(dsn: Any, name: str) -> str:
    try:
        return getattr(urlsplit(dsn), name) or "" if isinstance(dsn, str) else ""
    except ValueError:
        return ""
