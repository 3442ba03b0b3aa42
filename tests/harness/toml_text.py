"""Write TOML."""

from __future__ import annotations

import json
import re
from typing import Any, Mapping


def tables(content: Mapping[str, Mapping[str, Any]]) -> str:
    """Return the text of these tables, each value on a line of its own; those of the table "" stand at the top."""
    lines = []
    for name, values in content.items():
        header = [f"[{name if re.fullmatch('[A-Za-z0-9_-]+', name) else json.dumps(name)}]"] if name else []
        lines += [*header, *(f"{json.dumps(key)} = {value(each)}" for key, each in values.items()), ""]
    return "\n".join(lines)


def value(plain: Any) -> str:
    """Return a value of plain data on one line."""
    if isinstance(plain, dict):
        return f"{{ {', '.join(f'{json.dumps(key)} = {value(each)}' for key, each in plain.items())} }}"
    if isinstance(plain, list):
        return f"[{', '.join(map(value, plain))}]"
    return {"NaN": "nan", "Infinity": "inf", "-Infinity": "-inf"}.get(json.dumps(plain), json.dumps(plain))
