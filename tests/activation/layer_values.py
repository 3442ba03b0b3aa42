"""For each option of the SDK as many distinct valid values as there are layers, by its kind."""

from __future__ import annotations

import json
from typing import Any, Callable

from sentry_asgi_autoconf.settings import kinds
from sentry_asgi_autoconf.settings.kinds import Kind
from sentry_asgi_autoconf.settings.options import SDK_OPTIONS

HOOKS = "tests.activation.layer_hooks"

# By the option's kind, the value of a layer by its number; where there are but two, neighbours differ.
_VALUES: list[tuple[Kind, Callable[[int], Any]]] = [
    (kinds.BOOLEAN, lambda number: number % 2 == 0),
    (kinds.RATE, lambda number: (number + 1) / 10),
    (kinds.COUNT, lambda number: 10 + number),
    (kinds.MILLISECONDS, lambda number: 10 + number),
    (kinds.SECONDS, lambda number: 10.5 + number),
    (kinds.TEXT, lambda number: f"text-{number}"),
    (kinds.FILE_PATH, lambda number: f"/path/{number}"),
    (kinds.DSN, lambda number: f"https://key@host{number}.example/{number}"),
    (kinds.PROXY_URL, lambda number: f"http://host{number}.example:3128"),
    (kinds.BOOLEAN_OR_URL, lambda number: f"http://host{number}.example:8969/stream"),
    (kinds.BODY_SIZE, lambda number: ("never", "small", "medium", "always")[number % 4]),
    (kinds.TRACE_LIFECYCLE, lambda number: ("static", "stream")[number % 2]),
    (kinds.PROFILE_LIFECYCLE, lambda number: ("manual", "trace")[number % 2]),
    (kinds.PROFILER_MODE, lambda number: ("thread", "gevent", "sleep")[number % 3]),
    (kinds.INSTRUMENTER, lambda number: ("sentry", "otel")[number % 2]),
    (kinds.NAMES, lambda number: [f"name{number}"]),
    (kinds.PATTERNS, lambda number: [f"pattern{number}.*"]),
    (kinds.STATUS_CODES, lambda number: [400 + number]),
    (kinds.ERRORS, lambda number: [f"Error{number}"]),
    (kinds.FUNCTIONS, lambda number: [f"package.function{number}"]),
    (kinds.SOCKET_OPTIONS, lambda number: [[1, 2, number]]),
    (kinds.SPAN_RULES, lambda number: [f"span{number}"]),
    (kinds.MAPPING, lambda number: {"max_spans": number}),
    (kinds.TEXT_MAPPING, lambda number: {"header": f"text-{number}"}),
    (kinds.REFERENCE, lambda number: f"{HOOKS}:hook{number}"),
    (kinds.INTEGRATIONS, lambda number: [f"{HOOKS}:Integration{number}"]),
    (kinds.DATA_COLLECTION, lambda number: {"http_bodies": [], "frame_context_lines": number}),
]


def plain(field_name: str, number: int) -> Any:
    """Return the value that the layer of this number sets the field to, as plain data."""
    kind = SDK_OPTIONS[field_name].kind
    return next(value for known, value in _VALUES if known is kind)(number)


def text(value: Any) -> str:
    """Return the text of a variable for a value."""
    return value if isinstance(value, str) else json.dumps(value)
