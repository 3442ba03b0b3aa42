"""The JSON Schema of an option, typed as JSON and TOML hold its value."""

from __future__ import annotations

import json
from typing import Any, Dict

from sentry_asgi_autoconf.settings.kinds import Option
from sentry_asgi_autoconf.settings.values import list_items

Schema = Dict[str, Any]


def typed(option: Option) -> Schema:
    """Return the option's schema, its example typed too."""
    schema = {
        **option.kind.shape,
        "description": option.description,
        "examples": [_value(option.example, option.kind.shape)],
    }
    if option.default is not None:
        schema["default"] = option.default
    return {**schema, "writeOnly": True} if option.is_secret else schema


def _value(text: str, shape: Schema) -> Any:
    """Return the value that a variable's text stands for."""
    kind = shape.get("type")
    if kind == "array":
        return list_items(text)
    return json.loads(text) if kind in ("boolean", "integer", "number", "object") else text
