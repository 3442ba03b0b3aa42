"""What the settings make of the arguments of `sentry_sdk.init`; imported where there is a destination."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any, Iterator, Mapping, NamedTuple

from sentry_asgi_autoconf import console, exceptions
from sentry_asgi_autoconf.activation import layers
from sentry_asgi_autoconf.activation.layers import Loaded
from sentry_asgi_autoconf.console import printable
from sentry_asgi_autoconf.exceptions import AutoconfError
from sentry_asgi_autoconf.policy.enforcement import BLOCKING, Enforcement, Refusal
from sentry_asgi_autoconf.provenance import ENFORCED, ENVIRONMENT, UNSET, Origin
from sentry_asgi_autoconf.sdk import init_options
from sentry_asgi_autoconf.sdk.arguments import Arguments, Found, Merged
from sentry_asgi_autoconf.settings import destinations
from sentry_asgi_autoconf.settings.own import OwnValues

if TYPE_CHECKING:
    from sentry_asgi_autoconf.integrations.arguments import GivenArguments

# What the SDK itself looks up in the environment each time it is initialised.
_OPTIONS = ("dsn", "debug", "environment", "keep_alive", "release", "spotlight")
VARIABLES: Mapping[str, str] = {name: f"SENTRY_{name.upper()}" for name in _OPTIONS}
# Said in place of a value that is refused, or the SDK would look it up all the same.
_NOTHING = {"dsn": "", "debug": False, "keep_alive": False, "spotlight": False}


class Resolved(NamedTuple):
    """The settings that apply: a value counts if the installed SDK can take it, an import string if it leads somewhere.

    `loaded` has the values as they are written, `options` and `enforcement` have what they lead to.
    """

    loaded: Loaded
    options: dict[str, Any]
    enforcement: Enforcement
    problems: list[AutoconfError]

    def build_arguments(self) -> Arguments:
        """Return what every client of this process is made from."""
        own, reported = self.loaded.own, set(map(str, self.loaded.problems))
        if not self.loaded.is_enforced("asgi_traces_sample_rates"):
            rates = self.enforcement.rates_by_path(own.traces_sample_rates)
            own = OwnValues(**{**vars(own), "traces_sample_rates": rates})
        look_up = functools.partial(_look_up, self.loaded, reported)
        tags = self.loaded.settings["tags"].value if self.loaded.is_enforced("tags") else {}
        return Arguments(self.options, self.enforcement, own, look_up, tags)


def not_permitted(loaded: Loaded, merged: Merged) -> Iterator[AutoconfError]:
    """Yield a line for each destination that the settings name and the policy does not permit, or cannot hold."""
    is_sent = destinations.is_sent(merged.arguments)
    for name in filter(loaded.settings.__contains__, destinations.WAYS_OUT):
        setting = loaded.settings[name]
        instead = f"{setting.origin} applies" if setting.origin else "it is left out"
        until_then = "nothing is sent" if name == "dsn" and not is_sent else instead
        for candidate in setting.forbidden:
            yield _not_permitted(str(candidate.origin), setting.ruled_by, until_then)
    for refusal in merged.refusals:
        option = refusal.name.partition(".")[0]
        if option in destinations.WAYS_OUT:
            where = refusal.variable or str(loaded.sources.get(option, f"{refusal.name} of a configurator"))
            yield _not_permitted(where, refusal.source, "it is left out")
    if merged.unheld:
        from sentry_asgi_autoconf.activation.app_init import unheld

        yield unheld(str(loaded.sources.get("transport", "a configurator")), merged.unheld)


def _not_permitted(where: str, source: str, until_then: str) -> AutoconfError:
    what = f"{printable(where, 200)} is not permitted by {printable(source, 400)}"
    return exceptions.NotPermittedError(
        what, remedy=f"Set one that the policy allows; until then {until_then}."
    )


def resolve(loaded: Loaded, *, follow: bool = True) -> Resolved:
    """Return the settings with what their import strings lead to, and a problem for each that leads nowhere.

    They are imported here if `follow`, and taken to lead somewhere if not.
    """
    given = loaded.enforcement
    ruled = {**given.values, **given.hooks}
    found, doubts = init_options.build(ruled, given.origins, defers=_defers(loaded), follow=follow)
    loaded, options, problems = _usable(loaded, follow)
    # An option that this SDK does not have cannot be set by an app either.
    grave = [doubt for doubt in doubts if not isinstance(doubt, exceptions.UnsupportedOptionError)]
    if grave:
        loaded = layers.apply_enforcement(loaded._replace(enforcement=BLOCKING))
        return Resolved(loaded, {}, BLOCKING, [*problems, *map(_of_policy, grave)])
    enforcement = given._replace(
        values={name: found.get(name, value) for name, value in given.values.items()},
        hooks={name: found.get(name, hook) for name, hook in given.hooks.items()},
    )
    options.update({name: found[name] for name in given.values if name in found})
    return Resolved(layers.apply_enforcement(loaded), options, enforcement, [*problems, *doubts])


def _usable(loaded: Loaded, follow: bool) -> tuple[Loaded, dict[str, Any], list[AutoconfError]]:
    """Return the settings below what is enforced, each of the highest layer whose value the SDK can take."""
    # Said even where it is off: the SDK would read a SENTRY_SPOTLIGHT that was refused.
    options: dict[str, Any] = {"spotlight": False}
    problems: list[AutoconfError] = []
    defers = _defers(loaded)
    given_arguments = _arguments_of_integrations(loaded, problems) if loaded.own.integration_options else None
    for name in [name for name in loaded.options if name not in loaded.enforcement.values]:
        while name in loaded.options:
            given = (name, loaded.options[name], loaded.sources[name])
            try:
                options[name] = init_options.argument(*given, problems, defers=defers, follow=follow)
                break
            except AutoconfError as error:
                loaded, further = layers.without(loaded, name)
                if name in loaded.sources:
                    instead = printable(str(loaded.sources[name]), 200)
                    remedy = f"{error.remedy} Until then {instead} applies."
                    error = type(error)(error.what, remedy=remedy)
                problems += [error, *further]
    if given_arguments and follow:
        ones = [*given_arguments.default_ones(), *(() if defers else given_arguments.eager_ones())]
        named = [each.identifier for each in options.get("integrations", ())]
        further_ones = [each for each in ones if each.identifier not in named]
        options["integrations"] = [*options.get("integrations", ()), *further_ones]
    return loaded, options, problems


def _arguments_of_integrations(loaded: Loaded, problems: list[AutoconfError]) -> GivenArguments:
    from sentry_asgi_autoconf.integrations import arguments, auto_enabling

    origin = str(loaded.settings["integration_options"].origin)
    given = arguments.GivenArguments(loaded.own.integration_options, printable(origin, 200))
    problems += given.unknown()
    auto_enabling.given_arguments[:] = [given]
    return given


def _of_policy(doubt: AutoconfError) -> AutoconfError:
    return exceptions.InvalidPolicyError(
        doubt.what, remedy=f"{doubt.remedy} Until then nothing leaves this process."
    )


def _defers(loaded: Loaded) -> bool:
    return bool(loaded.own.integrations == "deferred")


def _look_up(loaded: Loaded, reported: set[str]) -> Found:
    """Return what an app's init finds in those variables, which code may have set since the settings were read.

    As `load_dotenv` does. They are read as settings are: what is wrong with a value is said, unless it was `reported`
    before, and one that a policy does not permit is refused.
    """
    from sentry_sdk.consts import DEFAULT_OPTIONS

    now = {variable: loaded.found.environ.get(variable) for variable in VARIABLES.values()}
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
    given = {name: value for name, value in environ.items() if value is not None}
    again = layers.read(loaded.found._replace(environ=given), loaded.policies)
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
