"""An explanation as JSON, for programs: values whole and plain, secrets masked."""

from __future__ import annotations

import json
import re
from typing import Any, Iterator, Sequence

from sentry_asgi_autoconf.cli.config.explanation import Difference, Explanation, Row, is_live
from sentry_asgi_autoconf.console import MASK, mask
from sentry_asgi_autoconf.exceptions import AutoconfError
from sentry_asgi_autoconf.policy.limits import Limit
from sentry_asgi_autoconf.provenance import ENFORCED, Origin
from sentry_asgi_autoconf.settings.kinds import Option
from sentry_asgi_autoconf.settings.options import SDK_OPTIONS

# Of a DSN, host and project tell where events go, and are no secret; anything unusual stays masked whole.
_DSN = re.compile(r"(https?://).*@([\w.-]+(?::\d+)?(?:/[\w-]{1,31})*/\d+)\Z", re.DOTALL)


def as_json(explanation: Explanation) -> str:
    """Return one JSON object."""
    return json.dumps(
        {
            "valid": not explanation.problems,
            "settings": [_setting(row) for row in explanation.rows],
            "problems": _messages(explanation.problems),
            "warnings": _messages(explanation.warnings),
            "policies": [mask(name) for name in explanation.policies],
            "configurators": explanation.configurators,
            "imports": explanation.followed_imports,
            "notes": [mask(note) for note in explanation.notes],
        },
        indent=2,
    )


def story_as_json(row: Row) -> str:
    """Return one JSON object of one setting."""
    declared = row.declared
    about = {
        "description": declared.description if declared else None,
        "allowed": declared.kind.words if declared else None,
        "live": is_live(row),
    }
    return json.dumps({**_setting(row), **about}, indent=2)


def differences_as_json(found: Sequence[Difference], after: Explanation) -> str:
    """Return one JSON object of what another policy would change."""
    changes = [
        {
            "name": mask(each.after.name),
            "before": _setting(each.before),
            "after": _setting(each.after),
            "live": each.is_live,
        }
        for each in found
    ]
    told = {"notes": [mask(note) for note in after.notes], "problems": _messages(after.problems)}
    return json.dumps({"changes": changes, **told}, indent=2)


def masked(option: Option | None, value: Any) -> Any:
    """Return a value as JSON can hold it, credentials masked; all of it if the option is secret, or unknown (None)."""
    if value is None or isinstance(value, bool):
        return value
    if option is SDK_OPTIONS["dsn"]:
        match = _DSN.match(value) if isinstance(value, str) else None
        return mask(f"{match.group(1)}{MASK}@{match.group(2)}") if match else (MASK if value else value)
    if option is None or option.is_secret or _is_split_secret(value):
        return MASK
    return _plain(value)


def _setting(row: Row) -> dict[str, Any]:
    setting = row.setting
    assert setting.origin  # the rows have a default one too
    ruler = str(setting.origin) if setting.origin.layer == ENFORCED else setting.ruled_by
    return {
        "name": mask(row.name),
        "option": None if row.option is None else mask(row.option),
        **_value(row, setting.value, setting.origin),
        "overrode": [_value(row, *each) for each in setting.overrode],
        "forbidden": [_value(row, *each) for each in setting.forbidden],
        "wanted": masked(row.declared, setting.wanted),
        "ruled_by": mask(ruler) or None,
        "limit": _limit(row.limit),
        "followed_by": None if row.follower is None else _value(row, *row.follower),
        "left_out": [_value(row, *each) for each in setting.left_out],
        "secret": row.declared is None or row.declared.is_secret,
    }


def _value(row: Row, value: Any, origin: Origin) -> dict[str, Any]:
    # A path or a key may hold credentials.
    return {"value": masked(row.declared, value), "layer": origin.layer, "source": mask(str(origin))}


def _limit(limit: Limit | None) -> dict[str, Any] | None:
    if limit is None:
        return None
    bounds = {"max": limit.maximum, "min": limit.minimum, "allow": limit.allowed or None}
    rules = {name: rule for name, rule in bounds.items() if rule is not None}
    return {**rules, "source": mask(str(limit))}


def _messages(errors: Sequence[AutoconfError]) -> list[dict[str, str]]:
    return [{"slug": error.slug, "message": str(error)} for error in errors]


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
    # JSON has neither infinities nor NaN.
    if value is None or (isinstance(value, (bool, int, float)) and value - value == 0):
        return value
    if isinstance(value, dict):
        return {mask(str(key)): _plain(item) for key, item in value.items()}
    if isinstance(value, (set, frozenset)):
        value = sorted(value, key=str)
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    return {"regex": mask(value.pattern)} if isinstance(value, re.Pattern) else mask(str(value))
