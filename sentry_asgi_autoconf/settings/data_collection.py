"""What `SENTRY_DATA_COLLECTION` holds: the keys of `sentry_sdk._types.DataCollectionUserOptions`.

An unknown key is refused: dropped silently, a misspelt one would collect what it was meant to keep back.
"""

from __future__ import annotations

from typing import Any, Callable, Mapping, NamedTuple

from sentry_asgi_autoconf.settings import scalars, shapes
from sentry_asgi_autoconf.settings.scalars import json_value
from sentry_asgi_autoconf.settings.shapes import Shape

_Reader = Callable[[Any], Any]


class _Part(NamedTuple):
    read: _Reader
    shape: Shape


def _choice(*words: str) -> _Part:
    return _Part(scalars.choice(*words), {"type": "string", "enum": list(words)})


def _list(item: _Part) -> _Part:
    def read(value: Any) -> list[Any]:
        if not isinstance(value, (list, tuple)):
            raise scalars.MismatchError("it is no list")
        return [scalars.part(index, item.read, each) for index, each in enumerate(value)]

    return _Part(read, shapes.items(item.shape))


def _rules(parts: Mapping[str, _Part], required: tuple[str, ...] = ()) -> _Part:
    """Return what reads a mapping of these parts; null is as good as absent, unless the part is required."""

    def read(value: Any) -> dict[str, Any]:
        found = scalars.mapping(value)
        rules = {}
        for key, part in parts.items():
            if key in required and key not in found:
                raise scalars.MismatchError("it is missing", key)
            if found.get(key) is not None or key in required:
                rules[key] = scalars.part(key, part.read, found[key])
        for key in found:
            if key not in parts:
                raise scalars.MismatchError("there is no such key", key)
        return rules

    shape: Shape = {
        "type": "object",
        "properties": {key: part.shape for key, part in parts.items()},
        "additionalProperties": False,
    }
    return _Part(read, {**shape, "required": list(required)} if required else shape)


_BOOLEAN = _Part(scalars.boolean, {"type": "boolean"})
_WHOLE_NUMBER = _Part(scalars.whole_number, {"type": "integer", "minimum": 0})
_TEXTS = _Part(scalars.texts, shapes.TEXTS)
# What to collect of data with keys: nothing, all but some, or only some.
_BY_KEY = _rules({"mode": _choice("off", "denylist", "allowlist"), "terms": _TEXTS}, required=("mode",))


def _switch_or_by_key(value: Any) -> Any:
    if isinstance(value, Mapping):
        try:
            return _BY_KEY.read(value)
        except scalars.MismatchError:
            pass
    return scalars.part("bool", scalars.boolean, value)


_DATA_COLLECTION = _rules(
    {
        "user_info": _BOOLEAN,
        "cookies": _BY_KEY,
        "http_headers": _rules({"request": _BY_KEY}),
        "http_bodies": _list(_choice("incoming_request", "outgoing_request", "outgoing_response")),
        "url_query_params": _BY_KEY,
        "graphql": _rules({"document": _BOOLEAN, "variables": _BOOLEAN}),
        "gen_ai": _rules({"inputs": _BOOLEAN, "outputs": _BOOLEAN}),
        "database_query_data": _BOOLEAN,
        "queues": _BOOLEAN,
        "stack_frame_variables": _Part(_switch_or_by_key, {"anyOf": [_BOOLEAN.shape, _BY_KEY.shape]}),
        "frame_context_lines": _WHOLE_NUMBER,
    }
)
SHAPE = _DATA_COLLECTION.shape


def read(value: Any) -> dict[str, Any]:
    """Read the rules, of text as JSON. Raises ValueError."""
    rules: dict[str, Any] = _DATA_COLLECTION.read(json_value(value))
    return rules
