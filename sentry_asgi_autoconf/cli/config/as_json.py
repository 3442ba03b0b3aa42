"""An explanation as JSON, for programs."""

from __future__ import annotations

import json
from typing import Any, Sequence

from sentry_asgi_autoconf.cli.config.explanation import Explanation
from sentry_asgi_autoconf.cli.config.rows import Row
from sentry_asgi_autoconf.cli.config.values import masked
from sentry_asgi_autoconf.console import mask
from sentry_asgi_autoconf.exceptions import AutoconfError
from sentry_asgi_autoconf.policy.limits import Limit
from sentry_asgi_autoconf.provenance import ENFORCED, Candidate, Origin, Setting


def as_json(explanation: Explanation) -> str:
    """Give one JSON object, secrets masked, values whole."""
    return json.dumps(
        {
            "valid": explanation.is_valid,
            "settings": [_setting(row) for row in explanation.rows],
            "problems": _messages(explanation.problems),
            "warnings": _messages(explanation.warnings),
            "policies": [mask(name) for name in explanation.policies],
            "configurators": explanation.configurators,
            "imports": explanation.followed_imports,
        },
        indent=2,
    )


def source(origin: Origin) -> str:
    """Give where a value comes from, without credentials that a path or a key may hold."""
    return mask(str(origin))


def _setting(row: Row) -> dict[str, Any]:
    setting = row.setting
    assert setting.origin  # the rows give a default one too
    return {
        "name": mask(row.name),
        "option": None if row.option is None else mask(row.option),
        **_value(row, Candidate(setting.value, setting.origin)),
        "overrode": [_value(row, candidate) for candidate in setting.overrode],
        "forbidden": [_value(row, candidate) for candidate in setting.forbidden],
        "wanted": _masked(row, setting.wanted),
        "ruled_by": mask(_ruler(setting)) or None,
        "limit": _limit(row.limit),
        "followed_by": None if row.follower is None else _value(row, row.follower),
        "left_out": [_value(row, candidate) for candidate in setting.left_out],
        "secret": row.declared is None or row.declared.is_secret,
    }


def _ruler(setting: Setting) -> str:
    is_enforced = setting.origin is not None and setting.origin.layer == ENFORCED
    return str(setting.origin) if is_enforced else setting.ruled_by


def _value(row: Row, candidate: Candidate) -> dict[str, Any]:
    origin = candidate.origin
    return {"value": _masked(row, candidate.value), "layer": origin.layer, "source": source(origin)}


def _masked(row: Row, value: Any) -> Any:
    return masked(row.declared, value, is_dsn=row.option == "dsn")


def _limit(limit: Limit | None) -> dict[str, Any] | None:
    if limit is None:
        return None
    bounds = {"max": limit.maximum, "min": limit.minimum, "allow": limit.allowed or None}
    rules = {name: rule for name, rule in bounds.items() if rule is not None}
    return {**rules, "source": mask(str(limit))}


def _messages(errors: Sequence[AutoconfError]) -> list[dict[str, str]]:
    return [{"slug": error.slug, "message": str(error)} for error in errors]
