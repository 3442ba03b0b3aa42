"""Turn the text of a variable into the shape that its field checks: JSON, lists, lower case."""

from __future__ import annotations

import json
from typing import Any

from sentry_asgi_autoconf.settings.booleans import parse_boolean


def parse_json(text: str) -> Any:
    """Parse JSON. Raises ValueError that tells the place and quotes nothing."""
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        place = f"line {error.lineno}, column {error.colno}" if error.lineno > 1 else f"column {error.colno}"
        raise ValueError(f"not valid JSON at {place}: {error.msg}") from error
    except (ValueError, RecursionError) as error:
        raise ValueError("not valid JSON: a number or the nesting is too large") from error


def json_value(value: Any) -> Any:
    """Parse text as JSON; leave anything else, which `SENTRY_OPTIONS_JSON` has parsed already."""
    return parse_json(value) if isinstance(value, str) else value


def list_items(value: Any) -> Any:
    """Split text at commas, or parse it as a JSON array if it starts like one."""
    if not isinstance(value, str):
        return value
    if value.lstrip().startswith("["):
        return parse_json(value)
    return [item.strip() for item in value.split(",") if item.strip()]


def items(value: Any) -> list[Any]:
    """Give the items of a list. Raises ValueError."""
    found = list_items(value)
    if not isinstance(found, list):
        raise ValueError("it is no list")
    return found


def stripped(value: Any) -> str:
    """Give text, or a number's text, without blanks around it. Raises ValueError."""
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    if not isinstance(value, str):
        raise ValueError("it is not text")
    return value.strip()


def text_items(value: Any) -> list[str]:
    """Give the items of a list of texts. Raises ValueError."""
    return [stripped(item) for item in items(value)]


def boolean(value: Any) -> Any:
    """Read a boolean as people write them. Raises ValueError."""
    if not isinstance(value, str):
        return value
    parsed = parse_boolean(value)
    if parsed is None:
        raise ValueError
    return parsed


def lower_case(value: Any) -> Any:
    """Ignore the letter case of a choice."""
    return value.strip().lower() if isinstance(value, str) else value


def is_quoted(value: Any) -> bool:
    """Whether text stands in quotes."""
    return isinstance(value, str) and len(value) > 1 and value[0] in "\"'" and value[0] == value[-1]
