"""For each option of the SDK as many distinct valid values as there are layers, by the type of its field."""

from __future__ import annotations

import json
from typing import Any, Callable

from typing_extensions import get_args

from sentry_asgi_autoconf.settings import types
from sentry_asgi_autoconf.settings.data_collection import DataCollection
from sentry_asgi_autoconf.settings.options import SdkOptions

HOOKS = "tests.policy.layer_hooks"

# By the field's type, the value of a layer by its number; where there are but two, neighbours differ.
_VALUES: list[tuple[Any, Callable[[int], Any]]] = [
    (types.Boolean, lambda number: number % 2 == 0),
    (types.Rate, lambda number: (number + 1) / 10),
    (types.Count, lambda number: 10 + number),
    (types.Milliseconds, lambda number: 10 + number),
    (types.Seconds, lambda number: 10.5 + number),
    (types.Text, lambda number: f"text-{number}"),
    (types.FilePath, lambda number: f"/path/{number}"),
    (types.Dsn, lambda number: f"https://key@host{number}.example/{number}"),
    (types.ProxyUrl, lambda number: f"http://host{number}.example:3128"),
    (types.BooleanOrUrl, lambda number: f"http://host{number}.example:8969/stream"),
    (types.BodySize, lambda number: ("never", "small", "medium", "always")[number % 4]),
    (types.TraceLifecycle, lambda number: ("static", "stream")[number % 2]),
    (types.ProfileLifecycle, lambda number: ("manual", "trace")[number % 2]),
    (types.ProfilerMode, lambda number: ("thread", "gevent", "sleep")[number % 3]),
    (types.Instrumenter, lambda number: ("sentry", "otel")[number % 2]),
    (types.Names, lambda number: [f"name{number}"]),
    (types.Patterns, lambda number: [f"pattern{number}.*"]),
    (types.StatusCodes, lambda number: [400 + number]),
    (types.Errors, lambda number: [f"Error{number}"]),
    (types.Functions, lambda number: [f"package.function{number}"]),
    (types.SocketOptions, lambda number: [[1, 2, number]]),
    (types.SpanRules, lambda number: [f"span{number}"]),
    (types.Mapping, lambda number: {"max_spans": number}),
    (types.TextMapping, lambda number: {"header": f"text-{number}"}),
    (types.Reference, lambda number: f"{HOOKS}:hook{number}"),
    (types.Integrations, lambda number: [f"{HOOKS}:Integration{number}"]),
    (DataCollection, lambda number: {"http_bodies": [], "frame_context_lines": number}),
]


def plain(field_name: str, number: int) -> Any:
    """Give the value that the layer of this number sets the field to, as plain data."""
    kind = get_args(SdkOptions.model_fields[field_name].annotation)[0]
    return next(value for known, value in _VALUES if known == kind)(number)


def text(value: Any) -> str:
    """Give the text of a variable for a value."""
    return value if isinstance(value, str) else json.dumps(value)
