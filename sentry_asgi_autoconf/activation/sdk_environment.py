"""What the environment says of the options that the SDK itself looks up there each time it is initialised.

Code may have set variables since the settings were read: `load_dotenv` does. An app's init finds them as it would
without us, but read as settings are: a bad value is refused, and so is one that a policy does not permit.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Iterator, Mapping

from sentry_sdk.consts import DEFAULT_OPTIONS

from sentry_asgi_autoconf import console
from sentry_asgi_autoconf.activation import layers
from sentry_asgi_autoconf.policy.enforcement import Refusal
from sentry_asgi_autoconf.provenance import ENFORCED, ENVIRONMENT, UNSET, Origin
from sentry_asgi_autoconf.sdk import init_options as init_options
from sentry_asgi_autoconf.sdk.arguments import Found

if TYPE_CHECKING:
    from sentry_asgi_autoconf.activation.layers import Loaded

_OPTIONS = ("dsn", "debug", "environment", "keep_alive", "release", "spotlight")
VARIABLES: Mapping[str, str] = {name: f"SENTRY_{name.upper()}" for name in _OPTIONS}
# Said in place of a value that is refused, or the SDK would look it up all the same.
_NOTHING = {"dsn": "", "debug": False, "keep_alive": False, "spotlight": False}


def look_up(loaded: Loaded, reported: set[str]) -> Found:
    """Return what the variables say now, one of which may have changed since the settings were `loaded`.

    What is wrong with a value is said, unless it is among the problems that were `reported` before.
    """
    now = {variable: loaded.environ.get(variable) for variable in VARIABLES.values()}
    before = loaded.environ_then
    changed = [name for name, variable in VARIABLES.items() if now[variable] != before.get(variable)]
    if changed:
        loaded = _read_again(loaded, now, reported)
    of_the_sdk = {name: loaded.options[name] for name in VARIABLES if name in loaded.options}
    options, _ = init_options.build(of_the_sdk, loaded.sources)
    by_variable = {
        name: value for name, value in options.items() if _is_of_variable(loaded.sources.get(name), name)
    }
    refused = {
        name: nothing
        for name, nothing in _NOTHING.items()
        if now[VARIABLES[name]] and name not in by_variable and name in DEFAULT_OPTIONS
    }
    return Found(
        {**dict.fromkeys(VARIABLES), "dsn": "", **refused, **options},
        {**refused, **by_variable},
        tuple(VARIABLES[name] for name in changed if name in by_variable or not now[VARIABLES[name]]),
        [refusal for name in changed for refusal in _refusals(name, loaded, options)],
    )


def _read_again(loaded: Loaded, now: Mapping[str, str | None], reported: set[str]) -> Loaded:
    environ = {**loaded.environ_then, **now}
    again = layers.load({name: value for name, value in environ.items() if value is not None}, loaded.app)
    for problem in again.problems:
        if str(problem) not in reported:
            reported.add(str(problem))
            console.say("warning", problem)
    return again


def _is_of_variable(origin: Origin | None, name: str) -> bool:
    return origin == Origin(VARIABLES[name], ENVIRONMENT)


def _refusals(name: str, loaded: Loaded, options: Mapping[str, Any]) -> Iterator[Refusal]:
    """Yield what a policy makes of the value of a variable, unless it takes it."""
    setting = loaded.settings.get(name, UNSET)
    for candidate in setting.forbidden:
        if _is_of_variable(candidate.origin, name):
            yield Refusal(name, candidate.value, options.get(name), setting.ruled_by, VARIABLES[name])
    if setting.origin is not None and setting.origin.layer == ENFORCED:
        for candidate in setting.overrode:
            if _is_of_variable(candidate.origin, name) and candidate.value != setting.value:
                yield Refusal(name, candidate.value, setting.value, str(setting.origin), VARIABLES[name])
