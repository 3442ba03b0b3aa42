"""The JSON Schema of an environment, in which every value is text."""

from __future__ import annotations

import re
from typing import Iterable

from sentry_asgi_autoconf.cli.config.typed_options import Schema, typed
from sentry_asgi_autoconf.settings.kinds import Option
from sentry_asgi_autoconf.settings.values import FALSE_WORDS, TRUE_WORDS

_KEPT = ("description", "writeOnly")
_NUMBER = r"[+-]?(?:\d[\d_]*(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?"


def schema(options: Iterable[Option]) -> Schema:
    """Return the schema of the variables of these options; of others, only a slip of the pen is refused."""
    properties = {option.variable: _variable(option) for option in options}
    own = [name for name in properties if name.startswith("SENTRY_ASGI_")]
    return {
        "title": "Environment variables",
        "type": "object",
        "properties": properties,
        "propertyNames": {"anyOf": [{"not": {"pattern": "^SENTRY_ASGI_"}}, {"enum": own}]},
        "additionalProperties": {"type": "string"},
    }


def _variable(option: Option) -> Schema:
    kept = {keyword: value for keyword, value in typed(option).items() if keyword in _KEPT}
    return {"type": "string", **kept, "examples": [option.example], **_text(option.kind.shape)}


def _text(shape: Schema) -> Schema:
    """Give what is to be said of the text of a typed value; blank text sets nothing, and is allowed."""
    if "anyOf" in shape:
        return {"anyOf": [_text(part) for part in shape["anyOf"]]}
    if "enum" in shape:
        return _one_of(shape["enum"])
    kind = shape.get("type")
    if kind == "boolean":
        return _one_of(["true", "false"], sorted(TRUE_WORDS | FALSE_WORDS))
    if kind in ("integer", "number"):
        return {"pattern": rf"^\s*(?:{_NUMBER})?\s*$"}
    if kind == "object":
        return {"contentMediaType": "application/json", "contentSchema": shape}
    if "pattern" in shape:
        return {"pattern": shape["pattern"].replace(r")\s*$", r")?\s*$")}
    return {}


def _one_of(words: Iterable[str], others: Iterable[str] = ()) -> Schema:
    """Give an enumeration, which an editor can complete from, that takes any letter case and other words too."""
    either = "|".join(_in_any_case(word) for word in (others or words))
    return {"anyOf": [{"enum": list(words)}, {"pattern": rf"^\s*(?:{either})?\s*$"}]}


def _in_any_case(word: str) -> str:
    return re.sub("[a-z]", lambda letter: f"[{letter[0]}{letter[0].upper()}]", word)
