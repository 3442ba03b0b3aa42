"""What the environment says of the options that the SDK itself looks up there each time it is initialised.

Code may have set variables since the settings were read: `load_dotenv` does. An app's init finds them as it would
without us, but read as settings are: a bad value is refused, and so is one that a policy does not permit.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Iterator, Mapping

from sentry_sdk.consts import DEFAULT_OPTIONS

from sentry_asgi_autoconf import console
from sentry_asgi_autoconf.policy.enforcement import Refusal
from sentry_asgi_autoconf.provenance import ENFORCED, ENVIRONMENT, Origin
from sentry_asgi_autoconf.sdk import init_options as init_options
from sentry_asgi_autoconf.sdk.arguments import Found

if TYPE_CHECKING:
    from sentry_asgi_autoconf.activation.layers import Loaded
    from sentry_asgi_autoconf.provenance import Setting

_OPTIONS = ("dsn", "debug", "environment", "keep_alive", "release", "spotlight")
VARIABLES: Mapping[str, str] = {name: f"SENTRY_{name.upper()}" for name in _OPTIONS}
# Said in place of a value that is refused, or the SDK would look it up all the same.
_NOTHING = {"dsn": "", "debug": False, "keep_alive": False, "spotlight": False}


class SdkEnvironment:
    """Reads those variables again once one of them has changed."""

    def __init__(self, loaded: Loaded) -> None:
        """Take the settings as they were read at first."""
        self._loaded = loaded
        self._told = {str(problem) for problem in loaded.problems}

    def look_up(self) -> Found:
        """Return what the variables say now; what is wrong with a value is told, unless it was before."""
        now = {variable: self._loaded.environ.get(variable) for variable in VARIABLES.values()}
        before = self._loaded.environ_then
        changed = [name for name, variable in VARIABLES.items() if now[variable] != before.get(variable)]
        loaded = self._read_again(now) if changed else self._loaded
        options, _ = init_options.build(_of_the_sdk(loaded.options), loaded.sources)
        of_variables = {
            name: options[name] for name in options if _is_of_variable(loaded.sources.get(name), name)
        }
        refused = {
            name: nothing
            for name, nothing in _NOTHING.items()
            if now[VARIABLES[name]] and name not in of_variables and name in DEFAULT_OPTIONS
        }
        refusals = [refusal for name in changed for refusal in _refusals(name, loaded, options)]
        return Found(
            {**dict.fromkeys(VARIABLES), "dsn": "", **refused, **options},
            {**refused, **of_variables},
            tuple(VARIABLES[name] for name in changed if name in of_variables or not now[VARIABLES[name]]),
            refusals,
        )

    def _read_again(self, now: Mapping[str, str | None]) -> Loaded:
        from sentry_asgi_autoconf.activation import layers

        then = self._loaded.environ_then
        others = {name: value for name, value in then.items() if name not in now}
        variables = {name: value for name, value in now.items() if value is not None}
        again = layers.load({**others, **variables}, self._loaded.app)
        for problem in again.problems:
            if str(problem) not in self._told:
                self._told.add(str(problem))
                console.say("warning", problem)
        return again


def _of_the_sdk(options: Mapping[str, Any]) -> dict[str, Any]:
    return {name: options[name] for name in VARIABLES if name in options}


def _is_of_variable(origin: Origin | None, name: str) -> bool:
    return origin is not None and origin == Origin(VARIABLES[name], ENVIRONMENT)


def _refusals(name: str, loaded: Loaded, options: Mapping[str, Any]) -> Iterator[Refusal]:
    """Yield what a policy makes of the value of a variable, unless it takes it."""
    setting: Setting | None = loaded.settings.get(name)
    if setting is None:
        return
    for candidate in setting.forbidden:
        if _is_of_variable(candidate.origin, name):
            yield Refusal(name, candidate.value, options.get(name), setting.ruled_by, VARIABLES[name])
    if setting.origin is not None and setting.origin.layer == ENFORCED:
        for candidate in setting.overrode:
            if _is_of_variable(candidate.origin, name) and candidate.value != setting.value:
                yield Refusal(name, candidate.value, setting.value, str(setting.origin), VARIABLES[name])
