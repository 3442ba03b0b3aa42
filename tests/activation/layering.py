"""Set one option in as many layers as there are, and see what comes of it."""

from __future__ import annotations

import functools
import json
from pathlib import Path
from typing import Any, Mapping

from sentry_asgi_autoconf.activation import init_arguments
from sentry_asgi_autoconf.activation.layers import Loaded, load
from sentry_asgi_autoconf.policy.enforcement import CHAINED
from sentry_asgi_autoconf.sdk import init_options
from sentry_asgi_autoconf.sdk.arguments import EXPERIMENTS, Arguments
from sentry_asgi_autoconf.settings.options import SDK_OPTIONS, init_name
from tests.activation.layer_values import plain, text
from tests.harness import toml_text

# Below the app's code, lowest first.
LAYERS = ("policy default", "config file", "options", "secret", "environment")
APP = len(LAYERS)
ENFORCED = APP + 1
# Options whose values of several layers are used together, where the highest of them is the app's.
JOINED = ("integrations", "disabled_integrations")


class Layering:
    """One option, set to another value in each of the layers."""

    def __init__(self, directory: Path, field_name: str) -> None:
        self.field_name = field_name
        self.name = init_name(field_name)
        self.variable = SDK_OPTIONS[field_name].variable
        self._policy = directory / "policy.toml"
        self._config = directory / "config.toml"
        self._secrets = directory / "secrets"
        self._secrets.mkdir(exist_ok=True)

    def load(self, height: int, **tables: Mapping[str, Any]) -> Loaded:
        """Set the option in the lowest `height` layers, further tables in the policy, and read the settings."""
        loaded = load(self.environ(height, **tables))
        assert list(map(str, loaded.problems)) == []
        return loaded

    def environ(self, height: int, **tables: Mapping[str, Any]) -> dict[str, str]:
        """Set the option in the lowest `height` layers, and give the environment in which it is so."""
        environ = {"SENTRY_ASGI_SECRETS_DIR": str(self._secrets)}
        defaults = {self.field_name: self.value(0)} if height > 0 else {}
        self._policy.write_text(toml_text.tables({"defaults": defaults, **tables}))
        environ["SENTRY_ASGI_POLICY"] = str(self._policy)
        if height > 1:
            self._config.write_text(f"\n{self.field_name} = {toml_text.value(self.value(1))}\n")
            environ["SENTRY_ASGI_CONFIG"] = str(self._config)
        if height > 2:
            environ["SENTRY_OPTIONS_JSON"] = json.dumps({self.name: self.value(2)})
        (self._secrets / self.variable).write_text(text(self.value(3)) if height > 3 else "")
        if height > 4:
            environ[self.variable] = text(self.value(4))
        return environ

    def origin(self, layer: int) -> str:
        """Return in words where a layer sets the option."""
        return (
            f"[defaults] {self.field_name} ({self._policy}:2)",
            f"{self.field_name} ({self._config}:2)",
            f"{self.name} in SENTRY_OPTIONS_JSON (environment)",
            f"{self.variable} ({self._secrets / self.variable})",
            f"{self.variable} (environment)",
        )[layer]

    def in_policy(self, table: str) -> str:
        """Return in words where the policy's second table sets the option: behind a default, its header and a blank."""
        return f"[{table}] {self.field_name} ({self._policy}:5)"

    def value(self, layer: int) -> Any:
        """Return what a layer sets the option to, as plain data."""
        return plain(self.field_name, layer)

    def argument(self, layer: int) -> Any:
        """Return what `sentry_sdk.init` is to be given for that."""
        return _argument(self.name, json.dumps(self.value(layer)))

    def effect(self, arguments: Mapping[str, Any]) -> Any:
        """Return what the option is to the SDK: of hooks, those that see an event, in their order."""
        found = arguments.get(self.name)
        if self.field_name in CHAINED and found is not None:
            return _trail(found)
        if self.field_name in JOINED and found is not None:
            return [each.identifier for each in found]
        return found

    def effect_of(self, *layers: int) -> Any:
        """Return what the option is to the SDK if these layers set it, and others do not."""
        if self.field_name in CHAINED:
            return [f"hook{layer}" for layer in layers]
        if self.field_name in JOINED:
            return [str(layer) for layer in layers]
        argument = self.argument(layers[0])
        return {**EXPERIMENTS, **argument} if self.field_name == "experiments" else argument


def arguments_of(loaded: Loaded) -> Arguments:
    """Return what this package makes of settings for the SDK; nothing may be left out."""
    resolved = init_arguments.resolve(loaded)
    assert list(map(str, resolved.problems)) == []
    return resolved.build_arguments()


@functools.lru_cache(maxsize=None)
def _argument(name: str, value: str) -> Any:
    loaded = load({"SENTRY_OPTIONS_JSON": f"{{{json.dumps(name)}: {value}}}"})
    arguments, problems = init_options.build(loaded.options)
    assert (loaded.problems, problems) == ([], [])
    return arguments[name]


def _trail(hook: Any) -> list[str]:
    event: dict[str, Any] = {}
    if hasattr(hook, "scrub_event"):
        hook.scrub_event(event)
    else:
        event = hook(event, {})
    trail: list[str] = event["trail"]
    return trail
