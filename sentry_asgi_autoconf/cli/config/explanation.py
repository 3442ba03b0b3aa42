"""Explain the settings of an environment: each value, whence it comes, what others wanted, and what is refused."""

from __future__ import annotations

import contextlib
import os
import sys
from pathlib import Path
from typing import Any, Iterator, Mapping, NamedTuple, Sequence

from sentry_sdk.consts import DEFAULT_OPTIONS, VERSION

from sentry_asgi_autoconf import __version__, entry_points
from sentry_asgi_autoconf.activation import init_arguments, layers
from sentry_asgi_autoconf.activation.layers import Loaded
from sentry_asgi_autoconf.cli.config.env_file import EnvFile
from sentry_asgi_autoconf.exceptions import AutoconfError
from sentry_asgi_autoconf.policy.enforcement import Enforcement
from sentry_asgi_autoconf.policy.limits import Limit
from sentry_asgi_autoconf.provenance import ENVIRONMENT, SDK_DEFAULT, UNSET, Candidate, Origin, Setting
from sentry_asgi_autoconf.settings.kinds import Option
from sentry_asgi_autoconf.settings.options import SDK_OPTIONS, field_of, init_name
from sentry_asgi_autoconf.settings.own import OWN_KEYS, OWN_SETTINGS

OWN_DEFAULT = "default"


class Row(NamedTuple):
    """A setting: variable, option of init if it is one, how its value came about, a policy's hook after it."""

    name: str
    option: str | None
    declared: Option | None
    setting: Setting
    limit: Limit | None = None
    follower: Candidate | None = None


class Explanation(NamedTuple):
    """What applies, what is refused, and who else has a say: `configurators` may change the options after all of it."""

    rows: Sequence[Row]
    problems: Sequence[AutoconfError]
    warnings: Sequence[AutoconfError]
    policies: Sequence[str]
    configurators: Sequence[str]
    followed_imports: bool


def explain(env_file: EnvFile | None, app: str | None, *, follow: bool, all_of_them: bool) -> Explanation:
    """Explain the variables of the file, or of this process, for an app; what imports print goes to stderr."""
    environ: Mapping[str, str] = os.environ if env_file is None else env_file.variables
    if str(Path.cwd()) not in sys.path:
        sys.path.insert(0, str(Path.cwd()))  # where servers find the app
    with contextlib.redirect_stdout(sys.stderr):
        loaded = layers.load(environ, app)
        if follow and env_file is not None:
            os.environ.update(env_file.variables)  # for the app's own modules
        resolved = init_arguments.resolve(loaded, follow=follow)
    file = env_file or EnvFile({}, {}, [])
    rows = (*_explain_options(resolved.loaded, all_of_them), *_explain_own(resolved.loaded, all_of_them))
    located = [row._replace(setting=_locate(row.setting, file.places)) for row in rows]
    problems = [*file.problems, *loaded.problems, *resolved.problems]
    configurators = sorted(str(point.value) for point in entry_points.in_group(entry_points.CONFIGURATORS))
    return Explanation(located, problems, loaded.warnings, loaded.policies, configurators, follow)


def _explain_options(loaded: Loaded, all_of_them: bool) -> Iterator[Row]:
    """Yield the SDK's options, in the order of the settings reference: those that somebody rules, or all."""
    enforcement = loaded.enforcement
    ruled = {*loaded.settings, *enforcement.hooks, *enforcement.limits, *enforcement.values}
    known = [init_name(each) for each in SDK_OPTIONS]
    further = sorted(name for name in ruled if name not in known and name not in OWN_KEYS)
    for name in [*known, *further]:
        if all_of_them or name in ruled:
            declared, setting = SDK_OPTIONS.get(field_of(name)), loaded.settings.get(name, UNSET)
            # What only a newer SDK knows has no variable, and is named itself.
            variable = declared.variable if declared else name
            limit = None if name in enforcement.values else enforcement.limits.get(name)
            follower = _follower(name, enforcement, setting)
            final = setting if setting.origin else _at_sdk_default(name, setting)
            yield Row(variable, name, declared, final, limit, follower)


def _explain_own(loaded: Loaded, all_of_them: bool) -> Iterator[Row]:
    default = Origin(f"sentry-asgi-autoconf {__version__}", OWN_DEFAULT, layer=OWN_DEFAULT)
    for field_name, option in OWN_SETTINGS.items():
        key = option.key
        setting = loaded.settings.get(key, UNSET)
        if field_name == "traces_sample_rates" and not loaded.is_enforced(key):
            setting = _limited_by_path(setting, loaded.own.traces_sample_rates, loaded.enforcement)
        if setting.origin or all_of_them:
            if not setting.origin:
                setting = setting._replace(value=getattr(loaded.own, field_name), origin=default)
            limit = None if loaded.is_enforced(key) else loaded.enforcement.limits.get(key)
            yield Row(option.variable, None, option, setting, limit)


def _at_sdk_default(name: str, setting: Setting) -> Setting:
    lacks = "" if name in DEFAULT_OPTIONS else ", which has no such option"
    origin = Origin(f"sentry-sdk {VERSION}{lacks}", SDK_DEFAULT, layer=SDK_DEFAULT)
    return setting._replace(value=DEFAULT_OPTIONS.get(name), origin=origin)


def _follower(name: str, enforcement: Enforcement, setting: Setting) -> Candidate | None:
    hook = enforcement.hooks.get(name)
    if hook is None or setting.origin == enforcement.origins[name]:
        return None
    return Candidate(hook, enforcement.origins[name])


def _limited_by_path(setting: Setting, rates: Mapping[str, float], enforcement: Enforcement) -> Setting:
    kept = enforcement.rates_by_path(rates)
    if kept == rates:
        return setting
    ruled = {*enforcement.values, *enforcement.limits}
    rulers = [name for name in ("traces_sample_rate", "traces_sampler") if name in ruled]
    ruled_by = ", ".join(str(enforcement.source_of(name)) for name in rulers)
    return setting._replace(value=kept, wanted=setting.value, ruled_by=ruled_by)


def _locate(setting: Setting, places: Mapping[str, str]) -> Setting:
    """Return the setting with the place of each variable, as far as `places` has it, in place of the environment."""

    def locate(origin: Origin) -> Origin:
        is_variable = origin.place == ENVIRONMENT
        return origin._replace(place=places.get(origin.name, origin.place)) if is_variable else origin

    moved: dict[str, Any] = {
        name: tuple(each._replace(origin=locate(each.origin)) for each in getattr(setting, name))
        for name in ("overrode", "forbidden", "left_out")
    }
    return setting._replace(origin=locate(setting.origin) if setting.origin else None, **moved)
