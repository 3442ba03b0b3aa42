"""The JSON Schemas of a policy and of an app's config file, as TOML's types hold their values."""

from __future__ import annotations

from sentry_sdk.consts import DEFAULT_OPTIONS

from sentry_asgi_autoconf.cli.config.typed_options import Schema, typed
from sentry_asgi_autoconf.policy.document import LIMITS_CALLERS, choices, limits_numbers, limits_texts
from sentry_asgi_autoconf.settings import kinds
from sentry_asgi_autoconf.settings.names import file_settings
from sentry_asgi_autoconf.settings.options import SDK_OPTIONS, field_of, init_name
from sentry_asgi_autoconf.settings.own import BEFORE_POLICIES, OWN_PREFIX, OWN_SETTINGS

_SETTINGS: Schema = {"$ref": "#/$defs/settings"}


def policy() -> Schema:
    """Give the schema of a policy."""
    limits = {name: _limit(name) for name in SDK_OPTIONS if limits_numbers(name) or limits_texts(name)}
    return {
        "title": "Policy",
        "type": "object",
        "properties": {
            "defaults": {**_SETTINGS, "description": "What applies where nobody says otherwise."},
            "limits": {
                "description": "How far a value may go, whoever sets it.",
                "type": "object",
                "properties": limits,
                "additionalProperties": False,
            },
            "enforced": {
                **_SETTINGS,
                "properties": {OWN_PREFIX + name: False for name in BEFORE_POLICIES},
                "description": "What applies whatever anybody says.",
            },
        },
        "additionalProperties": False,
    }


def config() -> Schema:
    """Give the schema of a config file, or of [tool.sentry-asgi-autoconf] in a pyproject.toml."""
    return {**_SETTINGS, "title": "Config file"}


def settings() -> Schema:
    """Give the schema of a table of settings: keys are the variables' names in lower case without SENTRY_."""
    properties = {name: typed(option) for name, option in SDK_OPTIONS.items()}
    # An option whose name begins with an underscore goes by that name too.
    properties.update({init_name(name): properties[name] for name in SDK_OPTIONS})
    newer = [name for name in DEFAULT_OPTIONS if field_of(name) not in SDK_OPTIONS]
    properties.update({name: {"description": "An option of the installed SDK."} for name in newer})
    properties.update({key: typed(OWN_SETTINGS[key[len(OWN_PREFIX) :]]) for key in file_settings()})
    return {
        "title": "Settings",
        "type": "object",
        "properties": properties,
        "additionalProperties": False,
    }


def _limit(option: str) -> Schema:
    rules: Schema = {}
    if limits_numbers(option):
        rules.update(max={"type": "number"}, min={"type": "number"})
    if limits_texts(option):
        item = {"enum": list(choices(option))} if choices(option) else kinds.ANY_TEXT
        rules["allow"] = {"type": "array", "items": item, "minItems": 1}
    if option == LIMITS_CALLERS:
        rules["sampled_by_callers"] = kinds.BOOLEAN.shape
    return {
        "type": "object",
        "properties": rules,
        "minProperties": 1,
        "additionalProperties": False,
    }
