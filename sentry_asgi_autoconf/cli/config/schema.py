"""One JSON Schema of all that can be set: in the environment, in a policy, and in an app's config file."""

from __future__ import annotations

import json

from sentry_asgi_autoconf import __version__
from sentry_asgi_autoconf.cli.config import schema_of_environment, schema_of_files
from sentry_asgi_autoconf.cli.config.typed_options import Schema
from sentry_asgi_autoconf.settings.options import OPTIONS_JSON, SDK_OPTIONS
from sentry_asgi_autoconf.settings.own import OWN_SETTINGS


def as_json_schema() -> str:
    """Give the document: an object of the three, each to be had by itself too, at `#/$defs/policy` for example."""
    options = [*SDK_OPTIONS.values(), *OPTIONS_JSON.values(), *OWN_SETTINGS.values()]
    parts = {
        "environment": schema_of_environment.schema(options),
        "policy": schema_of_files.policy(),
        "config": schema_of_files.config(),
        "settings": schema_of_files.settings(),
    }
    document: Schema = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": f"sentry-asgi-autoconf {__version__}",
        "type": "object",
        "properties": {name: {"$ref": f"#/$defs/{name}"} for name in ("environment", "policy", "config")},
        "additionalProperties": False,
        "$defs": parts,
    }
    return json.dumps(document, indent=2, ensure_ascii=False)
