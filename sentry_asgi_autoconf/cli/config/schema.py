"""One JSON Schema of all that can be set: in the environment, in a policy, and in an app's config file."""

from __future__ import annotations

import json
import re
from typing import Any, Dict, Iterable

from sentry_sdk.consts import DEFAULT_OPTIONS

from sentry_asgi_autoconf import __version__
from sentry_asgi_autoconf.policy import rules
from sentry_asgi_autoconf.policy.limits import (
    LIMITABLE,
    LIMITS_CALLERS,
    choices,
    limits_numbers,
    limits_texts,
)
from sentry_asgi_autoconf.settings import kinds
from sentry_asgi_autoconf.settings.kinds import Option
from sentry_asgi_autoconf.settings.names import file_settings
from sentry_asgi_autoconf.settings.options import OPTIONS_JSON, SDK_OPTIONS, field_of, init_name
from sentry_asgi_autoconf.settings.own import BEFORE_POLICIES, OWN_KEYS, OWN_SETTINGS
from sentry_asgi_autoconf.settings.values import FALSE_WORDS, TRUE_WORDS, list_items

Schema = Dict[str, Any]

_SETTINGS: Schema = {"$ref": "#/$defs/settings"}
_NUMBER = r"[+-]?(?:\d[\d_]*(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?"


def as_json_schema() -> str:
    """Return the document: an object of the three, each to be had by itself too, at `#/$defs/policy` for example."""
    parts = {
        "environment": _describe_environment(),
        "policy": _describe_policy(),
        "config": {**_SETTINGS, "title": "Config file"},
        "settings": _describe_settings(),
        "expiring": _describe_expiring(),
    }
    whole = _object(
        {name: {"$ref": f"#/$defs/{name}"} for name in ("environment", "policy", "config")},
        **{"$schema": "https://json-schema.org/draft/2020-12/schema"},
        title=f"sentry-asgi-autoconf {__version__}",
    )
    return json.dumps({**whole, "$defs": parts}, indent=2, ensure_ascii=False)


def typed(option: Option) -> Schema:
    """Return the option's schema as JSON and TOML hold its value, its example typed too."""
    shape, example = option.kind.shape, option.example
    kind = shape.get("type")
    if kind == "array":
        example = list_items(example)
    elif kind in ("boolean", "integer", "number", "object"):
        example = json.loads(example)
    schema = {**shape, "description": option.description, "examples": [example]}
    if option.default is not None:
        schema["default"] = option.default
    return {**schema, "writeOnly": True} if option.is_secret else schema


def _describe_environment() -> Schema:
    """Return the schema of the variables, of which each value is text; of others, only a typo is refused."""
    options = [*SDK_OPTIONS.values(), *OPTIONS_JSON.values(), *OWN_SETTINGS.values()]
    properties = {option.variable: _describe_variable(option) for option in options}
    own = [name for name in properties if name.startswith("SENTRY_ASGI_")]
    return {
        "title": "Environment variables",
        "type": "object",
        "properties": properties,
        "propertyNames": {"anyOf": [{"not": {"pattern": "^SENTRY_ASGI_"}}, {"enum": own}]},
        "additionalProperties": {"type": "string"},
    }


def _describe_variable(option: Option) -> Schema:
    schema = {"type": "string", "description": option.description}
    secret = {"writeOnly": True} if option.is_secret else {}
    return {**schema, **secret, "examples": [option.example], **_describe_text(option.kind.shape)}


def _describe_text(shape: Schema) -> Schema:
    """Return what is to be said of the text of a typed value; blank text sets nothing, and is allowed."""
    if "anyOf" in shape:
        return {"anyOf": [_describe_text(part) for part in shape["anyOf"]]}
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
    """Return an enumeration, which an editor can complete from, that takes any letter case and other words too."""
    joined = "|".join(others or words)
    in_any_case = re.sub("[a-z]", lambda letter: f"[{letter[0]}{letter[0].upper()}]", joined)
    return {"anyOf": [{"enum": list(words)}, {"pattern": rf"^\s*(?:{in_any_case})?\s*$"}]}


def _describe_policy() -> Schema:
    terms = _describe_terms()
    globs = {"anyOf": [kinds.ANY_TEXT, {"type": "array", "items": kinds.ANY_TEXT, "minItems": 1}]}
    percent = {"type": "number", "minimum": 0, "maximum": 100, "description": "The share of the hosts."}
    until = {"description": "A date with time and zone, after which it no longer applies."}
    asked = dict.fromkeys(rules.FACTS, globs)
    tags = {"type": "object", "additionalProperties": globs}
    some = {**terms, rules.PERCENT: percent, rules.UNTIL: until}
    parts = {
        **terms,
        "rollout": _object(some, description="What applies only to a share of the hosts."),
        "for": {
            "type": "array",
            "description": "What applies only to the services that match all of it.",
            "items": _object({**asked, rules.TAGS: tags, **some}),
        },
    }
    return _object(parts, title="Policy")


def _describe_terms() -> Schema:
    limited = (name for name in LIMITABLE if limits_numbers(name) or limits_texts(name))
    limits = {name: _describe_limit(name) for name in limited}
    never = {"properties": {OWN_SETTINGS[name].key: False for name in BEFORE_POLICIES}}
    required = dict.fromkeys((*SDK_OPTIONS, *file_settings()), kinds.BOOLEAN.shape)
    expiring = {"$ref": "#/$defs/expiring"}
    return {
        "enabled": {**kinds.BOOLEAN.shape, "description": "false stops all sending, true starts it again."},
        "defaults": {**expiring, "description": "The values of settings that nothing else sets."},
        "limits": _object(limits, description="How far a value may go, whoever sets it."),
        "enforced": {**expiring, **never, "description": "The values that apply, whatever else sets them."},
        "required": _object(required, description="The settings that a service has to set."),
    }


def _describe_expiring() -> Schema:
    """Return the schema of a table of settings of which each may hold until a moment."""
    properties = {
        name: {
            "anyOf": [schema, _object({"value": schema, rules.UNTIL: {}}, required=["value", rules.UNTIL])]
        }
        for name, schema in _describe_settings()["properties"].items()
    }
    return _object(properties)


def _describe_settings() -> Schema:
    """Return the schema of a table of settings: keys are the variables' names in lower case without SENTRY_."""
    properties = {name: typed(option) for name, option in SDK_OPTIONS.items()}
    # An option whose name begins with an underscore goes by that name too.
    properties.update({init_name(name): properties[name] for name in SDK_OPTIONS})
    newer = [name for name in DEFAULT_OPTIONS if field_of(name) not in SDK_OPTIONS]
    properties.update({name: {"description": "An option of the installed SDK."} for name in newer})
    properties.update({key: typed(OWN_KEYS[key]) for key in file_settings()})
    return _object(properties, title="Settings")


def _describe_limit(option: str) -> Schema:
    found: Schema = {rules.UNTIL: {}}
    if limits_numbers(option):
        found.update(max={"type": "number"}, min={"type": "number"})
    if limits_texts(option):
        item = {"enum": list(choices(option))} if choices(option) else kinds.ANY_TEXT
        found["allow"] = {"type": "array", "items": item, "minItems": 1}
    if option == LIMITS_CALLERS:
        found["sampled_by_callers"] = kinds.BOOLEAN.shape
    return {"type": "object", "properties": found, "minProperties": 1, "additionalProperties": False}


def _object(properties: Schema, **described: Any) -> Schema:
    return {**described, "type": "object", "properties": properties, "additionalProperties": False}
