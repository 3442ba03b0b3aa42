"""The sources of settings, which give raw values and say where they stand, and the choice of the one that applies."""

from __future__ import annotations

import json
import re
import sys
from contextlib import suppress
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any, Callable, Iterable, Iterator, Mapping, NamedTuple, Sequence

from sentry_asgi_autoconf import entry_points
from sentry_asgi_autoconf.console import MASK, printable, shown
from sentry_asgi_autoconf.exceptions import AutoconfError, InvalidSettingError
from sentry_asgi_autoconf.provenance import ENFORCED, ENVIRONMENT, PLATFORM, Candidate, Origin
from sentry_asgi_autoconf.settings.values import MismatchError, is_quoted

if TYPE_CHECKING:
    from sentry_asgi_autoconf.import_strings import Package
    from sentry_asgi_autoconf.settings.kinds import Option

DIRECTORY_VARIABLE = "SENTRY_ASGI_SECRETS_DIR"
_QUOTED = "it stands in quotes, which docker run --env-file and Kubernetes take as part of the value"
# Where Kubernetes' own example of a volume has them.
_OF_POD = ("/etc/podinfo/annotations", "/etc/podinfo/labels")
# Where the SDK takes all code for other people's.
_LIBRARIES = r"[\\/](?:dist|site)-packages[\\/]"
# By what is taken, the variables, labels and annotations that say so: the first that is set counts.
_PLATFORM_OPTIONS: Mapping[str, tuple[str, ...]] = {
    "release": (
        *(
            "RENDER_GIT_COMMIT",
            "RAILWAY_GIT_COMMIT_SHA",
            "VERCEL_GIT_COMMIT_SHA",
            "HEROKU_SLUG_COMMIT",
            "K_REVISION",
        ),
        *("OPENSHIFT_BUILD_COMMIT", "GITHUB_SHA", "CI_COMMIT_SHA"),
        # These the SDK takes too, after a look at the working directory's git.
        *("HEROKU_BUILD_COMMIT", "SOURCE_VERSION", "CODEBUILD_RESOLVED_SOURCE_VERSION"),
        *("CIRCLE_SHA1", "GAE_DEPLOYMENT_ID"),
        *(
            "app.kubernetes.io/version",
            "org.opencontainers.image.revision",
            "org.opencontainers.image.version",
        ),
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
        "app.kubernetes.io/name",
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
# By options, what is to be wanted for them where it is not called the same.
_WANTED_BY = {"in_app_include": "in_app", "project_root": "in_app"}
# Without one of these no platform says anything.
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


def labels_of_pod() -> dict[str, str]:
    """Return the labels and annotations that Kubernetes writes into a volume: `name="value"`, as JSON quotes it."""
    lines: list[str] = []
    for path in _OF_POD:
        with suppress(OSError, ValueError):
            lines += Path(path).read_text(encoding="utf-8").splitlines()
    labels = {}
    for name, _, value in (line.partition("=") for line in lines):
        if name in OF_PLATFORMS:
            with suppress(ValueError):
                labels[name] = str(json.loads(value))
    return labels


def platform_options(
    said: Mapping[str, str], package: Package | None, wanted: Sequence[str]
) -> dict[str, Candidate]:
    """Return the options of `sentry_sdk.init` that the platform says, or the app's package, if they are wanted."""
    found = dict(_of_package(package)) if package else {}
    found.update((name, Candidate(*each)) for name, each in _first(said, _PLATFORM_OPTIONS))
    for attribute, name in _ATTRIBUTES.items():
        for value in _attribute(said, attribute):
            found[name] = Candidate(value, Origin(name, _RESOURCE, layer=PLATFORM))
    return {name: candidate for name, candidate in found.items() if _WANTED_BY.get(name, name) in wanted}


def platform_tags(said: Mapping[str, str]) -> Candidate | None:
    """Return the tags that it says, None if it says none."""
    found = {name: value for name, (value, _) in _first(said, _PLATFORM_TAGS)}
    for attribute, name in _TAG_ATTRIBUTES.items():
        found.update((name, value) for value in _attribute(said, attribute))
    return Candidate(found, Origin("tags", "the platform's variables", layer=PLATFORM)) if found else None


def _of_package(package: Package) -> Iterator[tuple[str, Candidate]]:
    """Yield the release of an app that was installed, and which frames are its own where the SDK cannot tell."""
    root, place = package.root(), f"the package {package.name}"
    release = _release(package.name, root)
    if release:
        yield "release", release
    if re.search(_LIBRARIES, str(package.file)):
        yield "in_app_include", Candidate([package.name], Origin("in_app_include", place, layer=PLATFORM))
    elif _is_elsewhere(root):
        yield "project_root", Candidate(str(root), Origin("project_root", place, layer=PLATFORM))


def _release(package: str, root: Path) -> Candidate | None:
    with suppress(Exception):  # metadata may be anything
        distribution = entry_points.distribution_of(package, root)
        if distribution and not (entry_points.is_edited(distribution) and _is_in_git(Path.cwd())):
            place = f"the metadata of {distribution.metadata['Name']}"
            release = entry_points.release_of(distribution)
            return Candidate(release, Origin("release", place, layer=PLATFORM))
    return None


def has_excluded(package: str, excluded: Iterable[str]) -> bool:
    """Whether some of the package is said to be other people's: what the SDK is told to include goes before that."""
    return any(f"{each}.".startswith(f"{package}.") for each in excluded)


def _is_in_git(directory: Path) -> bool:
    """Whether the SDK finds the commit by itself, which says more than the version of what is being worked on."""
    return any((each / ".git").exists() for each in (directory, *directory.parents))


def _is_elsewhere(root: Path) -> bool:
    """Whether the working directory, which the SDK takes for the app's, does not hold it, or holds all there is."""
    with suppress(OSError):
        directory = Path.cwd()
        return directory not in (root, *root.parents) or not directory.name
    return True


def _first(
    said: Mapping[str, str], names: Mapping[str, tuple[str, ...]]
) -> Iterator[tuple[str, tuple[str, Origin]]]:
    for name, candidates in names.items():
        for candidate in candidates:
            value = said.get(candidate, "").strip()
            if value:
                yield name, (value, Origin(name, candidate, layer=PLATFORM))
                break


def _attribute(said: Mapping[str, str], name: str) -> Iterator[str]:
    for pair in said.get(_RESOURCE, "").split(","):
        key, _, value = pair.partition("=")
        if key.strip() == name and value.strip():
            yield value.strip()


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
    return InvalidSettingError(f"{name} is {shown(value)}: {_QUOTED}", remedy="Remove the quotes.")


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


def put_tags_below(own: Choice, said: Mapping[str, str]) -> None:
    """Put the tags that the platform says below those that were chosen."""
    tags = platform_tags(said)
    if tags and "tags" in own.origins:
        own.overrode["tags"].append(tags)
    elif tags:
        own.values["tags"], own.origins["tags"], own.overrode["tags"] = tags.value, tags.origin, []


def add_in_app(options: Choice, added: Candidate) -> None:
    """Add the app's package to what else is said to be the app's, unless a part of it is said not to be."""
    (package,) = added.value
    origin = options.origins.get("in_app_include", added.origin)
    if origin.layer == ENFORCED or has_excluded(package, options.values.get("in_app_exclude", [])):
        return
    others = [each for each in options.values.get("in_app_include", []) if each != package]
    options.values["in_app_include"], options.origins["in_app_include"] = [*others, package], origin
    options.overrode.setdefault("in_app_include", [])
