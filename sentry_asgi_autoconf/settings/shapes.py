"""What a JSON Schema says of the values of settings."""

from __future__ import annotations

from typing import Any, Dict

Shape = Dict[str, Any]


def text(pattern: str) -> Shape:
    """Return the shape of a text; the pattern is in what Python's and ECMA's regular expressions share."""
    return {"type": "string", "pattern": rf"^\s*(?:{pattern})\s*$"}


def items(item: Shape) -> Shape:
    """Return the shape of a list."""
    return {"type": "array", "items": item}


# Letter case does not matter in the scheme of a URL.
_HTTP = "[hH][tT][tT][pP][sS]?"
_SOCKS = "[sS][oO][cC][kK][sS](?:4[aA]?|5[hH]?)"
_STATUS_CODE = r"[1-5]\d\d"
ANY_TEXT: Shape = {"type": "string"}
RATE: Shape = {"type": "number", "minimum": 0, "maximum": 1}
_REGEX: Shape = {
    "type": "object",
    "properties": {"regex": ANY_TEXT},
    "required": ["regex"],
    "additionalProperties": False,
}
_SPAN_RULE: Shape = {
    "type": "object",
    "properties": {"name": {"anyOf": [ANY_TEXT, _REGEX]}, "attributes": {"type": "object"}},
    "minProperties": 1,
    "additionalProperties": False,
}
_FUNCTION = text(r"[^\s.]+(?:\.[^\s.]+)+")

NUMBER: Shape = {"type": "number"}
WHOLE_NUMBER: Shape = {"type": "integer", "minimum": 0}
MAPPING: Shape = {"type": "object", "additionalProperties": True}
DSN = text(rf"{_HTTP}://.+@.+/.*\d.*")
PROXY_URL = text(rf"(?:{_HTTP}|{_SOCKS})://.+")
BOOLEAN_OR_URL: Shape = {"anyOf": [{"type": "boolean"}, text(rf"{_HTTP}://.+|[\w.-]+:\d+(?:/\S*)?")]}
REFERENCE = text(r"[^\s:]+:[^\s:]+")
TEXTS = items(ANY_TEXT)
NAMES = items(text(r"[^\s,]+"))
STATUS_CODES = items(
    {
        "anyOf": [
            {"type": "integer", "minimum": 100, "maximum": 599},
            text(rf"{_STATUS_CODE}(?:\s*-\s*{_STATUS_CODE})?"),
        ]
    }
)
FUNCTIONS = items(
    {
        "anyOf": [
            _FUNCTION,
            {"type": "object", "properties": {"qualified_name": _FUNCTION}, "required": ["qualified_name"]},
        ]
    }
)
SOCKET_OPTIONS = items(
    {"type": "array", "items": {"type": ["integer", "string"]}, "minItems": 3, "maxItems": 3}
)
SPAN_RULES = items({"anyOf": [ANY_TEXT, _REGEX, _SPAN_RULE]})
PATHS = items(text("[/*].*"))
RATES_BY_PATH: Shape = {
    "type": "object",
    "propertyNames": {"pattern": r"^\s*(?:[A-Za-z]+\s+)?[/*]"},
    "additionalProperties": RATE,
}
APPS = items(text("[^:]*:[^:]*"))
# The middle one has a short name.
LOG_LEVELS: Shape = {"type": "string", "enum": ["debug", "info", "warning", "warn", "error"]}
