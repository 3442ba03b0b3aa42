"""Give settings' values as they may be shown: plain, secrets masked."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any, Iterator

from sentry_asgi_autoconf.console import MASK, mask, printable

if TYPE_CHECKING:
    from sentry_asgi_autoconf.settings.kinds import Option

# Of a DSN, host and project tell where events go, and are no secret; anything unusual stays masked whole.
_DSN = re.compile(r"(https?://).*@([\w.-]+(?::\d+)?(?:/[\w-]{1,31})*/\d+)\Z", re.DOTALL)


def masked(option: Option | None, value: Any, *, is_dsn: bool = False) -> Any:
    """Give a value as JSON can hold it, credentials masked; all of it if the option is secret, or unknown (None)."""
    if value is None or isinstance(value, bool):
        return value
    if is_dsn:
        match = _DSN.match(value) if isinstance(value, str) else None
        return mask(f"{match.group(1)}{MASK}@{match.group(2)}") if match else (MASK if value else value)
    if option is None or option.is_secret or _is_split_secret(value):
        return MASK
    return _plain(value)


def in_a_cell(value: Any, limit: int = 60) -> str:
    """Give a masked value as text of at most `limit` characters."""
    if value is None or value == "":
        return "not set" if value is None else '""'
    return printable(value if isinstance(value, str) else json.dumps(value, ensure_ascii=False), limit)


def _is_split_secret(value: Any) -> bool:
    """Whether texts of a list or mapping show only together that they hold a password, with a comma in it say."""
    texts = list(_texts(value))
    return mask(",".join(texts)) != ",".join(mask(text) for text in texts)


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for key, item in value.items():
            yield str(key)
            yield from _texts(item)
    elif isinstance(value, (list, tuple, set, frozenset)):
        for item in value:
            yield from _texts(item)
    else:
        yield value.pattern if isinstance(value, re.Pattern) else str(value)


def _plain(value: Any) -> Any:
    if value is None or isinstance(value, (bool, int)):
        return value
    if isinstance(value, float):
        # JSON has neither infinities nor NaN.
        return value if value - value == 0 else str(value)
    if isinstance(value, dict):
        return {mask(str(key)): _plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    if isinstance(value, (set, frozenset)):
        return [_plain(item) for item in sorted(value, key=str)]
    if isinstance(value, re.Pattern):
        return {"regex": mask(value.pattern)}
    return mask(str(value))
