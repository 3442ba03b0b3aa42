"""The JSON Schema of an environment, in which every value is text."""

from __future__ import annotations

import re
from typing import Iterable, Mapping

from sentry_asgi_autoconf.cli.config.typed_fields import Schema, TypedFields
from sentry_asgi_autoconf.settings.base import Settings, variable_name
from sentry_asgi_autoconf.settings.booleans import FALSE_WORDS, TRUE_WORDS

_KEPT = ("description", "examples", "writeOnly")
_NUMBER = r"[+-]?(?:\d[\d_]*(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?"


def schema(models: Mapping[type[Settings], TypedFields]) -> Schema:
    """Give the schema of the variables of these models; of others, only a slip of the pen is refused."""
    properties = {
        variable_name(model, name): _variable(typed)
        for model, fields in models.items()
        for name, typed in fields.schemas.items()
    }
    own = [name for name in properties if name.startswith("SENTRY_ASGI_")]
    return {
        "title": "Environment variables",
        "type": "object",
        "properties": properties,
        "propertyNames": {"anyOf": [{"not": {"pattern": "^SENTRY_ASGI_"}}, {"enum": own}]},
        "additionalProperties": {"type": "string"},
    }


def _variable(typed: Schema) -> Schema:
    kept = {keyword: typed[keyword] for keyword in _KEPT if keyword in typed}
    return {"type": "string", **kept, **_text(typed)}


def _text(typed: Schema) -> Schema:
    """Give what is to be said of the text of a typed value; blank text sets nothing, and is allowed."""
    if "anyOf" in typed:
        return {"anyOf": [_text(part) for part in typed["anyOf"]]}
    if "enum" in typed:
        return _one_of(typed["enum"])
    kind = typed.get("type")
    if kind == "boolean":
        return _one_of(["true", "false"], sorted(TRUE_WORDS | FALSE_WORDS))
    if kind in ("integer", "number"):
        return {"pattern": rf"^\s*(?:{_NUMBER})?\s*$"}
    if kind == "object" or "$ref" in typed:
        return {"contentMediaType": "application/json", "contentSchema": _untitled(typed)}
    if "pattern" in typed:
        return {"pattern": typed["pattern"].replace(r")\s*$", r")?\s*$")}
    return {}


def _one_of(words: Iterable[str], others: Iterable[str] = ()) -> Schema:
    """Give an enumeration, which an editor can complete from, that takes any letter case and other words too."""
    either = "|".join(_in_any_case(word) for word in (others or words))
    return {"anyOf": [{"enum": list(words)}, {"pattern": rf"^\s*(?:{either})?\s*$"}]}


def _in_any_case(word: str) -> str:
    return re.sub("[a-z]", lambda letter: f"[{letter[0]}{letter[0].upper()}]", word)


def _untitled(typed: Schema) -> Schema:
    return {name: value for name, value in typed.items() if name not in (*_KEPT, "default")}
