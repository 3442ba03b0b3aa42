"""Keep the DSN's public key out of everything that is stored."""

from __future__ import annotations

import re
from typing import Any, Collection
from urllib.parse import urlsplit

MASK = "***"

# A real key has 32 hex digits; a short one, such as our own "inbox", is a word that any text may hold.
_SHORTEST_KEY = 16
_BAGGAGE_KEY = re.compile(rb"(sentry-public_key(?:=|%3D))[^,;&\s\"'\\%]+", re.IGNORECASE)


def parse_auth(header: str) -> dict[str, str]:
    """Read the pairs of an `X-Sentry-Auth` header: `Sentry sentry_key=…, sentry_client=…`."""
    scheme, _, rest = header.strip().partition(" ")
    if scheme.lower() != "sentry":
        return {}
    pairs = (part.partition("=") for part in rest.split(","))
    return {name.strip(): value.strip() for name, separator, value in pairs if separator}


def shown_auth(auth: dict[str, str]) -> dict[str, str]:
    """Return what of `auth` may be stored: the client's name, and that there was a key."""
    shown = {"sentry_key": MASK} if "sentry_key" in auth else {}
    if "sentry_client" in auth:
        shown["sentry_client"] = auth["sentry_client"]
    return shown


def masked_envelope_headers(headers: dict[str, Any]) -> dict[str, Any]:
    """Return an envelope's headers without its DSN and without the key in its trace context."""
    masked = dict(headers)
    if "dsn" in masked:
        masked["dsn"] = MASK
    trace = masked.get("trace")
    if isinstance(trace, dict) and "public_key" in trace:
        masked["trace"] = {**trace, "public_key": MASK}
    return masked


def keys_to_mask(auth: dict[str, str], envelope_headers: dict[str, Any]) -> list[bytes]:
    """List the keys of one request that are long enough to be told from ordinary words."""
    trace = envelope_headers.get("trace")
    candidates = [
        auth.get("sentry_key"),
        _key_of_dsn(envelope_headers.get("dsn")),
        trace.get("public_key") if isinstance(trace, dict) else None,
    ]
    keys = {key for key in candidates if isinstance(key, str) and len(key) >= _SHORTEST_KEY}
    return [key.encode("utf-8", "replace") for key in keys]


def masked_bytes(payload: bytes, keys: Collection[bytes]) -> bytes:
    """Replace `keys`, and any key in a `baggage` header, by a mask."""
    for key in keys:
        payload = payload.replace(key, MASK.encode())
    return _BAGGAGE_KEY.sub(rb"\1" + MASK.encode(), payload)


def _key_of_dsn(dsn: Any) -> Any:
    try:
        return urlsplit(dsn).username if isinstance(dsn, str) else None
    except ValueError:
        return None
