"""Random layers: `config`, `config` of a file of variables, the status file and the client agree on every setting."""

from __future__ import annotations

import json
import re
from pathlib import Path
from random import Random
from typing import Any

import pytest

from sentry_asgi_autoconf.policy.enforcement import CHAINED
from sentry_asgi_autoconf.policy.limits import limits_numbers
from sentry_asgi_autoconf.provenance import SDK_DEFAULT
from sentry_asgi_autoconf.settings.options import SDK_OPTIONS, init_name
from tests.activation.layer_values import HOOKS, plain, text
from tests.harness import toml_text
from tests.harness.boots import Boots

# Lowest first; a policy's enforced values and limits stand above.
LAYERS = ("defaults", "config", "options", "secret", "environment")
FIELDS = sorted(set(SDK_OPTIONS).difference({"dsn", "debug", "spotlight", "transport", "data_collection"}))
CONFIG = """
from sentry_asgi_autoconf.cli import main

main(["config", "--json", *given])
"""
PROCESS = """
import json, os, pathlib
import sentry_sdk
from sentry_asgi_autoconf import activate

report["active"] = activate().active
client = sentry_sdk.get_client()
report["options"] = {name: told(client.options.get(name)) for name in given}
report["integrations"] = sorted(client.integrations)
files = pathlib.Path(os.environ["SENTRY_ASGI_STATUS_DIR"]).glob(f"*-{os.getpid()}.json")
report["status"] = json.loads(next(files).read_text())
"""
# What a hook does to an event tells which hooks of the layers are at work, in their order.
TOLD = """
def told(value):
    if hasattr(value, "scrub_event"):
        event = {}
        value.scrub_event(event)
        return event.get("trail", [])
    if callable(value):
        try:
            return (value({}, {}) or {}).get("trail", [])
        except Exception:
            return getattr(value, "name", repr(value))
    return value
"""


class Drawn:
    """A random set of layers, in files and variables."""

    def __init__(self, directory: Path, seed: int) -> None:
        random = Random(seed)
        self.fields = random.sample(FIELDS, 14)
        layers: dict[str, dict[str, Any]] = {name: {} for name in (*LAYERS, "enforced", "limits")}
        for field in self.fields:
            for number, layer in enumerate(LAYERS):
                if random.random() < 0.4:
                    layers[layer][field] = self._value(random, field, number)
            if random.random() < 0.2:
                layers["enforced"][field] = plain(field, 6)
            elif limits_numbers(field) and random.random() < 0.3:
                layers["limits"][field] = {"max": plain(field, random.randrange(6))}
        self.environ = self._written(directory, layers)

    def _value(self, random: Random, field: str, number: int) -> Any:
        value = plain(field, number)
        if isinstance(value, str) and value.startswith(HOOKS) and random.random() < 0.3:
            return f"{HOOKS}:leads_nowhere"
        return value

    @staticmethod
    def _written(directory: Path, layers: dict[str, dict[str, Any]]) -> dict[str, str]:
        policy, config, secrets = directory / "policy.toml", directory / "config.toml", directory / "secrets"
        tables = {"defaults": layers["defaults"], "enforced": layers["enforced"], "limits": layers["limits"]}
        policy.write_text(toml_text.tables({name: table for name, table in tables.items() if table}))
        config.write_text(toml_text.tables({"": layers["config"]}))
        secrets.mkdir()
        for field, value in layers["secret"].items():
            (secrets / f"SENTRY_{field.upper()}").write_text(text(value))
        options = {init_name(field): value for field, value in layers["options"].items()}
        return {
            "SENTRY_DSN": "https://key@127.0.0.1:9/1",
            "SENTRY_ASGI_POLICY": str(policy),
            "SENTRY_ASGI_CONFIG": str(config),
            "SENTRY_ASGI_SECRETS_DIR": str(secrets),
            "SENTRY_OPTIONS_JSON": json.dumps(options),
            **{f"SENTRY_{field.upper()}": text(value) for field, value in layers["environment"].items()},
        }


def explained(boots: Boots, environ: dict[str, str], *words: str) -> dict[str, Any]:
    """Return the settings that `config --json` tells of, by option."""
    output = boots.boot(environ, CONFIG, list(words)).output
    told = json.loads(output[output.index("{\n") :])
    return {row["option"] or row["name"]: row for row in told["settings"]}


def assert_agree(boots: Boots, directory: Path, seed: int) -> None:
    """Compare what the four say of one set of layers."""
    drawn = Drawn(directory, seed)
    status = directory / "status"
    status.mkdir()
    environ = {**drawn.environ, "SENTRY_ASGI_STATUS_DIR": str(status)}
    here = explained(boots, environ)
    env_file = directory / "variables.env"
    env_file.write_text("".join(f"{name}={value}\n" for name, value in environ.items()))
    there = explained(boots, {}, "--env-file", str(env_file), "--imports")
    names = [init_name(field) for field in drawn.fields]
    booted = boots.boot(environ, TOLD + PROCESS, names)
    assert booted.status == 0, booted.output
    process = booted.report
    assert process["active"]
    sources = process["status"]["sources"]
    for name in names:
        row = here.get(name)
        assert _but_for_the_file(there.get(name), env_file) == _but_for_the_file(row, env_file), name
        is_said = row is not None and row["layer"] != SDK_DEFAULT
        assert sources.get(name) == (row["source"] if row and is_said else None), name
        if row is not None and is_said:
            assert_applies(name, row, process, identifiers(here.get("disabled_integrations")))


def _but_for_the_file(row: Any, env_file: Path) -> Any:
    return json.loads(re.sub(rf"\({re.escape(str(env_file))}:\d+\)", "(environment)", json.dumps(row)))


def identifiers(row: dict[str, Any] | None) -> set[str]:
    """Return the identifiers of the tests' integrations that an option names."""
    values = row["value"] if row is not None and row["layer"] != SDK_DEFAULT else []
    return {value.rpartition("Integration")[2] for value in values}


def assert_applies(name: str, row: dict[str, Any], process: dict[str, Any], disabled: set[str]) -> None:
    """Check that the client has the value that `config` tells of."""
    found = process["options"][name]
    hooks = [row["value"], row["followed_by"] and row["followed_by"]["value"]]
    if name in CHAINED:
        assert found == [hook.partition(":")[2] for hook in hooks if hook], name
    elif name == "disabled_integrations":
        assert identifiers(row).isdisjoint(process["integrations"]), name
    elif name == "integrations":
        assert identifiers(row).difference(disabled).issubset(process["integrations"]), name
    elif (
        not row["secret"] and isinstance(row["value"], (bool, int, float, str)) and not is_hook(row["value"])
    ):
        assert found == row["value"], name


def is_hook(value: Any) -> bool:
    """Whether the value names a hook of the tests."""
    return str(value).startswith(HOOKS)


@pytest.mark.parametrize("seed", range(12))
def test_all_agree(seed: int, boots: Boots, tmp_path: Path) -> None:
    assert_agree(boots, tmp_path, seed)


@pytest.mark.matrix
@pytest.mark.parametrize("seed", range(12, 200))
def test_all_agree_on_many_more(seed: int, boots: Boots, tmp_path: Path) -> None:
    assert_agree(boots, tmp_path, seed)
