"""`config --schema` describes the environment, a policy and a config file to editors and pipelines."""

from __future__ import annotations

import json
import re
import sys
from typing import Any, Iterator

import pytest
from jsonschema import Draft202012Validator

from sentry_asgi_autoconf.settings.names import file_settings, known_variables
from sentry_asgi_autoconf.settings.options import SDK_OPTIONS
from tests.cli.command_line import cli
from tests.cli.explained import DSN
from tests.harness.server import ROOT

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

Schema = dict[str, Any]


@pytest.fixture(scope="module")
def schema() -> Schema:
    """Return the document, as the command prints it."""
    result = cli("config", "--schema")
    assert (result.returncode, result.stderr) == (0, "")
    document: Schema = json.loads(result.stdout)
    return document


def errors(schema: Schema, part: str, value: Any) -> list[str]:
    """Return what is wrong with a part, an environment or a policy for example."""
    return [error.message for error in Draft202012Validator(schema).iter_errors({part: value})]


def test_it_is_a_schema_of_all_that_can_be_set(schema: Schema) -> None:
    Draft202012Validator.check_schema(schema)
    assert schema["$schema"] == Draft202012Validator.META_SCHEMA["$id"]
    assert schema["$defs"]["environment"]["properties"].keys() == known_variables()
    keys = {*SDK_OPTIONS, *file_settings(), "_experiments"}
    assert schema["$defs"]["settings"]["properties"].keys() == keys


def test_each_variable_is_text_described_with_examples_that_are_valid(schema: Schema) -> None:
    for name, variable in schema["$defs"]["environment"]["properties"].items():
        assert (variable["type"], bool(variable["description"])) == ("string", True)
        for example in variable["examples"]:
            assert errors(schema, "environment", {name: example}) == []
        assert errors(schema, "environment", {name: ""}) == []


def test_each_key_of_a_file_is_typed_with_examples_that_are_valid(schema: Schema) -> None:
    for key, setting in schema["$defs"]["settings"]["properties"].items():
        for example in setting["examples"]:
            assert errors(schema, "config", {key: example}) == []
            assert errors(schema, "policy", {"defaults": {key: example}}) == []
            # It is heeded before there is a policy, which can so enforce nothing of it.
            assert bool(errors(schema, "policy", {"enforced": {key: example}})) == (key == "asgi_enabled")
    properties = schema["$defs"]["settings"]["properties"]
    assert properties["traces_sample_rate"]["examples"] == [0.2]
    assert properties["trace_ignore_status_codes"]["examples"] == [["404", "500-599"]]


def test_secrets_are_marked(schema: Schema) -> None:
    secrets = {"dsn", "http_proxy", "https_proxy", "proxy_headers"}
    properties = schema["$defs"]["settings"]["properties"]
    assert {key for key, setting in properties.items() if setting.get("writeOnly")} == secrets
    variables = schema["$defs"]["environment"]["properties"]
    marked = {name for name, variable in variables.items() if variable.get("writeOnly")}
    assert marked == {"SENTRY_OPTIONS_JSON", *(f"SENTRY_{key.upper()}" for key in secrets)}


@pytest.mark.parametrize(
    "name, value",
    [
        ("SENTRY_DEBUG", " YES "),
        ("SENTRY_MAX_REQUEST_BODY_SIZE", "Never"),
        ("SENTRY_ASGI_LOG_LEVEL", "WARN"),
        ("SENTRY_TRACES_SAMPLE_RATE", "1e-1"),
        ("SENTRY_SPOTLIGHT", "on"),
        ("SENTRY_DSN", f" {DSN.replace('https', 'HTTPS')}\n"),
        ("PATH", "/bin"),
        ("SENTRY_AUTH_TOKEN", "of another program"),
    ],
)
def test_it_takes_what_the_settings_take(name: str, value: str, schema: Schema) -> None:
    assert errors(schema, "environment", {name: value}) == []


@pytest.mark.parametrize(
    "part, value",
    [
        ("environment", {"SENTRY_DEBUG": "perhaps"}),
        ("environment", {"SENTRY_DEBUG": True}),
        ("environment", {"SENTRY_TRACES_SAMPLE_RATE": "half"}),
        ("environment", {"SENTRY_DSN": "o0.ingest.sentry.io"}),
        ("environment", {"SENTRY_BEFORE_SEND": "no colon"}),
        ("environment", {"SENTRY_MAX_REQUEST_BODY_SIZE": "huge"}),
        ("environment", {"SENTRY_ASGI_EXCLUDE_PATHS": "/"}),
        ("config", {"traces_sample_rate": 2}),
        ("config", {"trace_ignore_status_codes": [600]}),
        ("config", {"traces_sample_rat": 0.5}),
        ("config", {"asgi_config": "other.toml"}),
        ("config", {"data_collection": {"user_inf": False}}),
        ("config", {"asgi_excluded_paths": "/health"}),
        ("policy", {"enforce": {}}),
        ("policy", {"limits": {"traces_sample_rate": {"maximum": 1}}}),
        ("policy", {"limits": {"traces_sample_rate": {"max": "1"}}}),
        ("policy", {"limits": {"traces_sample_rate": {}}}),
        ("policy", {"limits": {"environment": {"max": 1}}}),
        ("policy", {"limits": {"dsn": {"allow": []}}}),
        ("policy", {"limits": {"max_request_body_size": {"allow": ["huge"]}}}),
        ("policy", {"limits": {"send_default_pii": {"allow": ["false"]}}}),
    ],
)
def test_it_refuses_what_is_wrong(part: str, value: Any, schema: Schema) -> None:
    assert errors(schema, part, value)


def test_the_documentation_s_examples_are_valid(schema: Schema) -> None:
    examples = list(documented())
    assert {part for part, _ in examples} == {"policy", "config"}
    for part, value in examples:
        assert errors(schema, part, value) == [], value


def documented() -> Iterator[tuple[str, Any]]:
    """Yield each TOML example of the documentation that is a policy or a config file."""
    for page in (ROOT / "docs").glob("*.md"):
        for text in re.findall(r"^```toml\n(.*?)^```", page.read_text(), re.S | re.M):
            value = tomllib.loads(text)
            if value.keys() <= {"enabled", "defaults", "limits", "enforced", "required", "rollout", "for"}:
                yield "policy", value
            elif "tool" in value:
                yield "config", value["tool"]["sentry-asgi-autoconf"]
            elif "project" not in value:
                yield "config", value
