"""The sources of settings, which give raw values and say where they stand, and the choice of the one that applies."""

from __future__ import annotations

import os
import stat
import sys
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any, Callable, Iterator, Mapping, NamedTuple, Sequence

from sentry_asgi_autoconf.console import MASK, printable, shown
from sentry_asgi_autoconf.exceptions import AutoconfError, InvalidSettingError, UnreadableSecretError
from sentry_asgi_autoconf.provenance import ENVIRONMENT, PLATFORM, Candidate, Origin
from sentry_asgi_autoconf.settings.values import MismatchError, is_quoted

if TYPE_CHECKING:
    from sentry_asgi_autoconf.settings.kinds import Option

DIRECTORY_VARIABLE = "SENTRY_ASGI_SECRETS_DIR"
# A policy of a few dozen lines is normal; what is larger by far is another file.
_LARGEST = 1024 * 1024
_QUOTED = "it stands in quotes, which docker run --env-file and Kubernetes take for a part of the value"
# By what is taken, the variables that say so: the first that is set counts.
_PLATFORM_OPTIONS: Mapping[str, tuple[str, ...]] = {
    "release": (
        *(
            "RENDER_GIT_COMMIT",
            "RAILWAY_GIT_COMMIT_SHA",
            "VERCEL_GIT_COMMIT_SHA",
            "HEROKU_SLUG_COMMIT",
            "K_REVISION",
        ),
        *("GITHUB_SHA", "CI_COMMIT_SHA"),
    ),
    "environment": ("RAILWAY_ENVIRONMENT_NAME", "VERCEL_ENV", "CI_ENVIRONMENT_NAME"),
    "server_name": ("POD_NAME", "RENDER_INSTANCE_ID", "RAILWAY_REPLICA_ID", "FLY_MACHINE_ID", "DYNO"),
}
_PLATFORM_TAGS: Mapping[str, tuple[str, ...]] = {
    "k8s.namespace": ("POD_NAMESPACE",),
    "k8s.node": ("NODE_NAME",),
    "region": ("FLY_REGION", "VERCEL_REGION", "AWS_REGION"),
    "service": (
        "OTEL_SERVICE_NAME",
        "RENDER_SERVICE_NAME",
        "RAILWAY_SERVICE_NAME",
        "FLY_APP_NAME",
        "HEROKU_APP_NAME",
        "K_SERVICE",
    ),
}
# Of OpenTelemetry's resource, which goes before the platform's own.
_RESOURCE = "OTEL_RESOURCE_ATTRIBUTES"
_ATTRIBUTES = {
    "service.version": "release",
    "deployment.environment.name": "environment",
    "deployment.environment": "environment",
    "host.name": "server_name",
}
_TAG_ATTRIBUTES = {
    "service.name": "service",
    "service.namespace": "service.namespace",
    "k8s.namespace.name": "k8s.namespace",
}
# Without one of these no platform tells anything.
OF_PLATFORMS = frozenset((_RESOURCE, *chain(*_PLATFORM_OPTIONS.values(), *_PLATFORM_TAGS.values())))


class Table(NamedTuple):
    """A table's values by field of SDK_OPTIONS and of OWN_SETTINGS, and options that only a newer SDK knows."""

    options: dict[str, Candidate]
    own: dict[str, Candidate]
    further: dict[str, Candidate]


NOTHING = Table({}, {}, {})


def is_blank(value: Any) -> bool:
    """Whether a value says nothing, and sets nothing."""
    return value is None or (isinstance(value, str) and not value.strip())


def environment(options: Mapping[str, Option], environ: Mapping[str, str]) -> dict[str, Candidate]:
    """Return the text of each variable, blanks around it stripped."""
    return {
        name: Candidate(environ[option.variable].strip(), Origin(option.variable, ENVIRONMENT))
        for name, option in options.items()
        if not is_blank(environ.get(option.variable))
    }


def secrets(
    options: Mapping[str, Option], directory: str, problems: list[AutoconfError]
) -> dict[str, Candidate]:
    """Return the text of each file of the directory, if one is named; what cannot be read is a problem."""
    try:
        check_directory(directory)
    except UnreadableSecretError as error:
        problems.append(error)
        return {}
    found = {}
    for name, option in options.items() if directory else ():
        try:
            candidate = read_secret(directory, option.variable)
            if candidate:
                found[name] = candidate
        except UnreadableSecretError as error:
            problems.append(error)
    return found


def check_directory(directory: str) -> None:
    """Raise UnreadableSecretError unless `directory` is one, or empty."""
    try:
        is_directory = not directory or Path(directory).is_dir()
    except (OSError, ValueError):
        is_directory = False
    if not is_directory:
        what = f"{DIRECTORY_VARIABLE}={shown(directory)} is not a directory that can be read"
        raise UnreadableSecretError(what, remedy="Mount the secrets there, or unset the variable.")


def read_secret(directory: str, variable: str) -> Candidate | None:
    """Read the file named as the variable, in upper or lower case; None if it is missing or blank."""
    for name in (variable, variable.lower()):
        path = str(Path(directory, name))
        try:
            _refuse_planted(Path(path))
            text = file_text(path).strip()
        except FileNotFoundError:
            continue
        except (OSError, ValueError) as error:
            what = f"the file {printable(path, 200)} cannot be read: {reason(error)}"
            remedy = "Make it a text file that the server's user may read, or remove it."
            raise UnreadableSecretError(what, remedy=remedy) from error
        if text:
            return Candidate(text, Origin(variable, path))
    return None


def _refuse_planted(path: Path) -> None:
    """Raise OSError for what another user may have put there: settings name functions that this process will call."""
    parent = path.parent.stat()
    if hasattr(os, "getuid") and parent.st_mode & stat.S_IWOTH:
        owners = {path.lstat().st_uid, path.stat().st_uid}
        # Kubernetes mounts a Secret as a directory that anybody may write to, and whose files are root's.
        if not owners <= {0, os.getuid(), parent.st_uid}:
            raise OSError(0, "it is another user's, in a directory that anybody may write to")


def platform_options(environ: Mapping[str, str], wanted: list[str]) -> dict[str, Candidate]:
    """Return the options of `sentry_sdk.init` that the platform's variables tell, of those that are wanted."""
    found = {name: Candidate(*each) for name, each in _first(environ, _PLATFORM_OPTIONS)}
    for attribute, name in _ATTRIBUTES.items():
        for value in _attribute(environ, attribute):
            found[name] = Candidate(value, Origin(name, _RESOURCE, layer=PLATFORM))
    return {name: candidate for name, candidate in found.items() if name in wanted}


def platform_tags(environ: Mapping[str, str]) -> Candidate | None:
    """Return the tags that they tell, None if they tell none."""
    found = {name: value for name, (value, _) in _first(environ, _PLATFORM_TAGS)}
    for attribute, name in _TAG_ATTRIBUTES.items():
        found.update((name, value) for value in _attribute(environ, attribute))
    return Candidate(found, Origin("tags", "the platform's variables", layer=PLATFORM)) if found else None


def _first(
    environ: Mapping[str, str], variables: Mapping[str, tuple[str, ...]]
) -> Iterator[tuple[str, tuple[str, Origin]]]:
    for name, candidates in variables.items():
        for variable in candidates:
            value = environ.get(variable, "").strip()
            if value:
                yield name, (value, Origin(name, variable, layer=PLATFORM))
                break


def _attribute(environ: Mapping[str, str], name: str) -> Iterator[str]:
    for pair in environ.get(_RESOURCE, "").split(","):
        key, _, value = pair.partition("=")
        if key.strip() == name and value.strip():
            yield value.strip()


def file_text(path: str) -> str:
    """Read a file. Raises OSError or ValueError, with a reason that quotes nothing of it."""
    # Opened without this flag, a pipe would make the server wait for ever.
    descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0))
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise OSError(0, "it is not a regular file")
    with open(descriptor, encoding="utf-8-sig") as file:  # noqa: PTH123 (a descriptor has no path)
        try:
            text = file.read(_LARGEST + 1)
        except UnicodeDecodeError as error:
            raise ValueError("it is not UTF-8 text") from error
    if len(text) > _LARGEST:
        raise ValueError(f"it is larger than {_LARGEST // 1024} KiB")
    return text


def reason(error: Exception) -> str:
    """Say why a file cannot be read."""
    if isinstance(error, OSError):
        return error.strerror or "it cannot be opened"
    return printable(str(error), 200)


class Choice(NamedTuple):
    """The values that were chosen, by option, and how that came about."""

    values: dict[str, Any]
    origins: dict[str, Origin]
    overrode: dict[str, list[Candidate]]  # those below, highest first
    forbidden: dict[str, list[Candidate]]  # those above that the policy did not permit
    problems: list[AutoconfError]  # of values that were refused


def choose(
    options: Mapping[str, Option],
    sources: Sequence[Mapping[str, Candidate]],
    permits: Callable[[str, Any], bool] = lambda name, value: True,
) -> Choice:
    """Choose from `sources`, highest first; a refused value gives way to the next source's, a blank sets nothing."""
    choice = Choice({}, {}, {}, {}, [])
    for name, option in options.items():
        given = [source[name] for source in sources if name in source and not is_blank(source[name].value)]
        refused = _choose(option, given, permits, choice)
        instead = choice.origins.get(name)
        choice.problems.extend(_refusal(option, candidate, error, instead) for candidate, error in refused)
    return choice


def _choose(
    option: Option, candidates: list[Candidate], permits: Callable[[str, Any], bool], choice: Choice
) -> list[tuple[Candidate, ValueError]]:
    name, refused = option.name, []
    for place, candidate in enumerate(candidates, 1):
        try:
            value = option.read(candidate.value)
        except ValueError as error:
            refused.append((candidate, error))
            continue
        if permits(name, value):
            choice.values[name], choice.origins[name] = value, candidate.origin
            choice.overrode[name] = candidates[place:]
            break
        choice.forbidden.setdefault(name, []).append(candidate)
    return refused


def quoted(origin: Origin, value: str) -> InvalidSettingError:
    """Describe a text that is valid, and most likely other than meant."""
    name = origin.name if origin.place == ENVIRONMENT else f"{origin.name} ({printable(origin.place, 200)})"
    return InvalidSettingError(f"{name} is {shown(value)}: {_QUOTED}", remedy="Leave them out.")


def _refusal(
    option: Option, refused: Candidate, error: ValueError, instead: Origin | None
) -> InvalidSettingError:
    value = MASK if option.is_secret else shown(refused.value)
    applies = printable(str(instead), 200) if instead else "the default"
    what = f"{refused.origin.set_to(value)} is {what_is_wrong(option, refused.value, error)}"
    remedy = f"Write it like {option.variable}={option.example}; until then {applies} applies."
    return InvalidSettingError(what, remedy=remedy)


def what_is_wrong(option: Option, refused: Any, error: ValueError) -> str:
    """Return what follows "it is" of a refused value: not what is allowed, and the reason unless that says it all."""
    reason = str(error) if isinstance(error, MismatchError) else printable(str(error), 200)
    if isinstance(refused, str) and is_quoted(refused.strip()):
        reason = _QUOTED
    elif option.is_secret:
        # Keys of a secret's parts may be secrets too; other reasons quote nothing of one.
        reason = "" if isinstance(error, MismatchError) else reason
    elif MASK in shown(refused, limit=sys.maxsize):
        # A reason may quote half a password that only the whole value shows to be one.
        reason = ""
    return f"not {option.kind.words}" + (f": {reason}" if reason else "")
