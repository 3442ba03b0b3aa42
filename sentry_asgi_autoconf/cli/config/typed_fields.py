"""The JSON Schema of each field of a settings model, typed as JSON and TOML hold its value."""

from __future__ import annotations

import json
from typing import Any, Dict

from pydantic import BaseModel
from pydantic.json_schema import GenerateJsonSchema

from sentry_asgi_autoconf.settings.texts import list_items

Schema = Dict[str, Any]

# What the settings say of a field, in this package's own words.
_OWN_KEYWORDS = ("environment_only", "secret")


class _WithoutNull(GenerateJsonSchema):
    """Neither a variable nor TOML has a null: what is not set is left out."""

    def nullable_schema(self, schema: Any) -> Schema:
        """Give the schema of what may be absent."""
        return self.generate_inner(schema["schema"])


class TypedFields:
    """The schema of each field of `model`, and the definitions that they refer to."""

    def __init__(self, model: type[BaseModel]) -> None:
        """Generate them."""
        model.model_rebuild()  # which is put off until it is first used
        whole = model.model_json_schema(schema_generator=_WithoutNull)
        self.definitions: Schema = {
            name: _tidied_object(definition) for name, definition in whole.get("$defs", {}).items()
        }
        self.schemas: dict[str, Schema] = {
            name: _tidied(schema) for name, schema in whole["properties"].items()
        }

    def typed(self, field_name: str) -> Schema:
        """Give the field's schema, its examples typed too."""
        schema = self.schemas[field_name]
        if "examples" not in schema:
            return schema
        return {**schema, "examples": [_typed_value(text, schema) for text in schema["examples"]]}


def _tidied_object(schema: Schema) -> Schema:
    properties = {name: _tidied(part) for name, part in schema.get("properties", {}).items()}
    return {**schema, "properties": properties}


def _tidied(schema: Schema) -> Schema:
    kept = {name: value for name, value in schema.items() if name not in ("title", *_OWN_KEYWORDS)}
    if len(kept.get("allOf", ())) == 1:  # as older releases of pydantic write a reference
        kept.update(kept.pop("allOf")[0])
    if kept.get("default", "") is None:
        del kept["default"]
    return {**kept, "writeOnly": True} if schema.get("secret") else kept


def _typed_value(text: str, schema: Schema) -> Any:
    """Give the value that a variable's text stands for."""
    kind = schema.get("type")
    if kind == "array":
        return list_items(text)
    if kind in ("boolean", "integer", "number", "object") or "$ref" in schema:
        return json.loads(text)
    return text
