"""Compare what two set-ups sent, apart from what must differ between any two runs and what differs on purpose."""

from __future__ import annotations

import re
from typing import Any

# Ids and times of the run.
_OF_THE_RUN = {
    "event_id",
    "timestamp",
    "start_timestamp",
    "trace_id",
    "span_id",
    "parent_span_id",
    "sample_rand",
    "thread.id",
    "asctime",
    "id",
}
_ON_PURPOSE = {"asgi_server", "sentry_asgi_autoconf"}  # our contexts
_VARIABLE_TEXT = [
    (re.compile(r"0x[0-9a-f]+"), "0x…"),
    (re.compile(r"127\.0\.0\.1(:|', )\d+"), "[Filtered]"),  # the client's address
    (re.compile(r"^127\.0\.0\.1$"), "[Filtered]"),
    (re.compile(r"\b[0-9a-f]{32}\b|\b[0-9a-f]{16}\b"), "id"),
    (re.compile(r"\b(by_hand|[a-z]+_app|raw\d):app\b"), "app"),
    (re.compile(r"\d+\.\d{3,}"), "time"),
    (
        re.compile(r"\b(asyncio|uvloop|ThreadPoolExecutor-\d+)_\d+\b"),
        "thread",
    ),  # of one event loop or the other
    (re.compile(r"asgi_autoconf"), "asgi"),  # our mechanism
    # Litestar's own function, where by hand the SDK's middleware comes between.
    (re.compile(r"^(SentryAsgiMiddleware|ExceptionHandlerMiddleware)\..*<locals>\.\w+$"), "send"),
]


def normalised(data: Any) -> Any:
    """Return an event without what differs between any two runs."""
    if isinstance(data, dict):
        kept = {key: value for key, value in data.items() if key not in _OF_THE_RUN | _ON_PURPOSE}
        if kept.get("op") == "websocket.server" and kept.get("status") == "ok":
            del kept["status"]  # which by hand is not said of a websocket that no error has ended
        if kept.get("op") == "http.client":  # of a slow one, as on a busy machine, the line of code is told
            kept["data"] = {
                name: value for name, value in kept["data"].items() if not name.startswith("code.")
            }
        if list(kept.get("_meta", ())) == ["spans"]:
            del kept["_meta"]  # how many spans there were with that of an unfinished delivery
        return {key: _SPECIAL.get(key, normalised)(value) for key, value in kept.items()}
    if isinstance(data, list):
        return [normalised(item) for item in data if not _is_delivery(item)]
    if isinstance(data, str):
        for pattern, replacement in _VARIABLE_TEXT:
            data = pattern.sub(replacement, data)
    return data


def _is_delivery(item: Any) -> bool:
    """Whether this is the span of the SDK's own request, which a thread that is started in a request may draw.

    The SDK compares host and port of the DSN with the host alone, so it knows its own only at the default port.
    """
    return isinstance(item, dict) and "/envelope/" in str(item.get("description"))


def _of_the_sdk(sdk: Any) -> Any:
    # Ours lists no integration whose library the app does not import, and the SDK's name is that of one of them.
    kept = {key: value for key, value in sdk.items() if key not in ("name", "integrations")}
    return {
        **kept,
        "packages": [each for each in sdk["packages"] if each["name"] != "pypi:sentry-asgi-autoconf"],
    }


def _redacted(variables: Any) -> Any:
    # Their values differ on purpose, as ours are redacted: the privacy tests look at them.
    return sorted(variables)


_SPECIAL = {"sdk": _of_the_sdk, "vars": _redacted}
