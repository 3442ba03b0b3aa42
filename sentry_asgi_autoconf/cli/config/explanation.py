"""Explain the settings of an environment: each value, whence it comes, what others wanted, and what is refused."""

from __future__ import annotations

import contextlib
import io
import os
import sys
from pathlib import Path
from typing import Any, Iterator, Mapping, NamedTuple, Sequence

from sentry_sdk.consts import DEFAULT_OPTIONS, VERSION

from sentry_asgi_autoconf import __version__, entry_points
from sentry_asgi_autoconf.activation import init_arguments, layers, live_policy
from sentry_asgi_autoconf.activation.layers import Loaded
from sentry_asgi_autoconf.console import printable, shown
from sentry_asgi_autoconf.exceptions import AutoconfError, UnknownSettingError
from sentry_asgi_autoconf.policy import in_force
from sentry_asgi_autoconf.policy.enforcement import Enforcement
from sentry_asgi_autoconf.policy.limits import Limit
from sentry_asgi_autoconf.provenance import ENVIRONMENT, SDK_DEFAULT, UNSET, Candidate, Origin, Setting
from sentry_asgi_autoconf.settings.kinds import Option
from sentry_asgi_autoconf.settings.names import did_you_mean
from sentry_asgi_autoconf.settings.options import SDK_OPTIONS, field_of, init_name
from sentry_asgi_autoconf.settings.own import OWN_KEYS, OWN_SETTINGS

OWN_DEFAULT = "default"


class EnvFileError(AutoconfError):
    """A file of variables that cannot be read, or a line of it that sets nothing."""

    slug = "invalid-env-file"


class EnvFile(NamedTuple):
    """Variables, the place `file:line` of each, and what cannot be read of the file."""

    variables: dict[str, str]
    places: dict[str, str]
    problems: list[AutoconfError]


def read_env_file(path: str) -> EnvFile:
    """Read the file as python-dotenv does, without interpolation; what cannot be read is a problem. Raises nothing."""
    try:
        text = Path(path).read_bytes().decode("utf-8-sig")
        reason = "it is not text" if "\0" in text else ""  # which no environment can hold
    except UnicodeDecodeError:
        reason = "it is not UTF-8 text"
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "it cannot be opened"
    if not reason:
        return _parse(text, path)
    what = f"{printable(path, 200)} cannot be read: {reason}"
    remedy = "Name a file of lines NAME=value; until then no variable counts as set."
    return EnvFile({}, {}, [EnvFileError(what, remedy=remedy)])


def _parse(text: str, path: str) -> EnvFile:
    from dotenv.parser import parse_stream

    file = EnvFile({}, {}, [])
    for binding in parse_stream(io.StringIO(text)):
        # Blank lines count to the variable that follows them.
        source = binding.original.string
        line = binding.original.line + source[: len(source) - len(source.lstrip())].count("\n")
        place = f"{path}:{line}"
        if binding.error:
            # The line is not quoted, as it may hold a secret.
            what = f"{printable(place, 200)} is not of the form NAME=value"
            remedy = "Correct the line, or start it with # if it is a comment."
            file.problems.append(EnvFileError(what, remedy=remedy))
        elif binding.key and binding.value is not None:
            file.variables[binding.key], file.places[binding.key] = binding.value, place
        elif binding.key and binding.key.startswith("SENTRY_"):
            what = f"{printable(binding.key)} has no value at {printable(place, 200)}"
            remedy = "Write NAME=value: docker would take the value from its own environment, which is not known here."
            file.problems.append(EnvFileError(what, remedy=remedy))
    return file


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
    notes: Sequence[str] = ()  # what policies say no more, or for now


class Difference(NamedTuple):
    """A setting that another policy would change: how it is, and how it would be."""

    before: Row
    after: Row
    is_live: bool  # whether a process that runs goes by it


def explain(
    env_file: EnvFile | None,
    app: str | None,
    *,
    follow: bool,
    all_of_them: bool,
    policy: str | None = None,
) -> Explanation:
    """Explain the variables of the file, or of this process, for an app; what imports print goes to stderr.

    `policy` is the path of a file in place of the one that the variable names.
    """
    environ: Mapping[str, str] = os.environ if env_file is None else env_file.variables
    if policy is not None:
        environ = {**environ, in_force.VARIABLE: policy}
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
    notes = list(loaded.policy.notes)
    if loaded.policy.pauses and loaded.policy.enabled:
        notes.append(f"nothing is sent, because {printable(str(loaded.policy.enabled.origin), 200)} is false")
    return Explanation(located, problems, loaded.warnings, loaded.policy.names, configurators, follow, notes)


def row_named(explanation: Explanation, name: str) -> Row:
    """Return the row of a setting, by its variable, option or key in files. Raises UnknownSettingError."""
    wanted = name.strip().lower()
    for row in explanation.rows:
        names = (row.name, row.option, row.declared and row.declared.key)
        if wanted in [each.lower() for each in names if each]:
            return row
    raise UnknownSettingError(f"{shown(name)} is not a setting", remedy=did_you_mean(name))


def differences(before: Explanation, after: Explanation) -> Iterator[Difference]:
    """Yield what differs between two explanations of all settings."""
    rows = {row.name: row for row in before.rows}
    for row in after.rows:
        was = rows.get(row.name, row)
        if row.declared is not OWN_SETTINGS["policy"] and _of_value(was) != _of_value(row):
            yield Difference(was, row, is_live(row))


def _of_value(row: Row) -> tuple[Any, ...]:
    # Import strings of two readings are alike where their texts are.
    return (repr(row.setting.value), row.limit and row.limit[:3], row.follower and repr(row.follower.value))


def is_live(row: Row) -> bool:
    """Whether a process goes by what a changed policy says of this setting without a restart."""
    if row.declared is not None and row.option is None:
        return not row.declared.is_environment_only and row.declared.name not in live_policy.FIXED
    return row.option not in live_policy.CLIENT_FIXED


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
