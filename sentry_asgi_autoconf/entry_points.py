"""Find what installed distributions declare for us, which of them an app is, and where we are ourselves."""

from __future__ import annotations

import functools
import os
import sys
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

# An object of the first is a server's adapter, `join(module, AdapterRuntime)`, and its name is the trigger module.
SERVERS = "sentry_asgi_autoconf.servers"
# The path of a policy's TOML file, or its tables; or a function that returns either.
POLICIES = "sentry_asgi_autoconf.policies"
# A function of the options of `sentry_sdk.init` by name, which changes them in place or returns others.
CONFIGURATORS = "sentry_asgi_autoconf.configurators"
# Of the distribution that this package is.
NAME = "sentry-asgi-autoconf"
_GROUPS = (SERVERS, POLICIES, CONFIGURATORS)


# A bundle has here what is the same for all Pythons; beside it, a folder from each Python on that needs something else,
# which ends in its minor version; and what it consists of.
ANY = "any"
FOLDER = "py3"
MANIFEST = "manifest.json"
# In each of these folders, what is ours alone: on no path.
ASIDE = "aside"
# What `run` sets for the command that it becomes.
RUN = "_SENTRY_ASGI_RUN"
_DIRECT_URL = "direct_url.json"


class _Found(NamedTuple):
    points: list[Any]
    malformed: list[Any]


def in_group(group: str) -> list[Any]:
    """Return the entry points of a group, of `importlib.metadata`, by their names and not loaded yet.

    Policies and configurators of one name are in the order of their distributions' names and versions. A distribution
    with malformed metadata is left out.
    """
    return [point for point in _read((*sys.path, *BROUGHT_ALONG)).points if point.group == group]


def unreadable(group: str) -> list[str]:
    """Return the names of the distributions whose metadata is malformed and mentions `group`."""
    malformed = _read((*sys.path, *BROUGHT_ALONG)).malformed
    return sorted({str(each.metadata["Name"]) for each in malformed if _mentions(each, group)})


@functools.lru_cache(maxsize=1)
def _read(search_path: tuple[str, ...]) -> _Found:
    """Read one distribution after the other; of several by one name on the path, the first is the one that counts.

    It takes tens of milliseconds, once for `search_path`. `metadata.entry_points` would read all
    for each group, and none where one is malformed.
    """
    points, malformed = [], []
    for distribution in metadata.distributions(path=list(search_path)):
        declared = _declared_by(distribution)
        if declared is None:
            malformed.append(distribution)
        elif declared:
            first = _first_of_its_name(distribution)
            points += [(_rank(point, first), point) for point in _declared_by(first) or ()]
    points.sort(key=lambda ranked: ranked[0])
    return _Found(list(dict.fromkeys(point for _, point in points)), malformed)


def _rank(point: Any, distribution: Any) -> tuple[str, ...]:
    """Return what entry points are ordered by: as the machine lists them, each might have an order of its own."""
    if point.group == SERVERS:  # all of which are called, and whose metadata need not be read for that
        return (point.name,)
    try:
        return point.name, str(distribution.metadata["Name"]).lower(), str(distribution.version)
    except (AttributeError, KeyError, TypeError, ValueError):  # metadata that is malformed, or missing
        return (point.name,)


def _declared_by(distribution: Any) -> list[Any] | None:
    """Return what a distribution declares for us; None if its metadata is malformed."""
    try:
        return [point for point in distribution.entry_points if point.group in _GROUPS]
    except _malformed():
        return None


def _malformed() -> tuple[type[Exception], ...]:
    # Old readers parse the file with configparser, which new ones go without.
    parser: Any = sys.modules.get("configparser")
    return (TypeError, ValueError, parser.Error) if parser else (TypeError, ValueError)


def _first_of_its_name(distribution: Any) -> Any:
    try:
        return metadata.distribution(distribution.metadata["Name"])
    except (TypeError, ValueError, metadata.PackageNotFoundError):  # it says no name, or none that is found
        return distribution


def _mentions(distribution: Any, group: str) -> bool:
    try:
        return group in (distribution.read_text("entry_points.txt") or "")
    except UnicodeDecodeError:
        declaring = (file for file in distribution.files or () if file.name == "entry_points.txt")
        return any(group.encode() in file.read_binary() for file in declaring)


def distribution_of(package: str, root: Path) -> Any | None:
    """Return the distribution that has installed `package` into `root`, or is edited there; None if there is none.

    Not all are read, of which there may be hundreds: those that are named like it, and those of no index, as an app's
    own mostly is.
    """
    beside = _metadata_in(str(root))
    if beside:
        last = package.rpartition(".")[2].lower()
        likely = [path for path in beside if last in path.name.lower() or (path / _DIRECT_URL).is_file()]
        part = package.replace(".", "/")
        return next((each for each in map(metadata.PathDistribution, likely) if _lists(each, part)), None)
    anywhere = [path for entry in sys.path if isinstance(entry, str) for path in _metadata_in(entry)]
    direct = [metadata.PathDistribution(path) for path in anywhere if (path / _DIRECT_URL).is_file()]
    projects = (root, root.parent) if root.name == "src" else (root,)
    return next((each for each in direct if _edited_in(each) in projects), None)


def _metadata_in(directory: str) -> list[Path]:
    with suppress(OSError):  # most often as there is none of that name
        return [Path(entry.path) for entry in os.scandir(directory) if entry.name.endswith(".dist-info")]
    return []


def _lists(distribution: Any, part: str) -> bool:
    files = f"\n{distribution.read_text('RECORD') or ''}"
    return f"\n{part}/" in files or f"\n{part}." in files


def release_of(distribution: Any) -> str:
    """Return `name@version` as Sentry has it, and the commit that was installed where that is known."""
    release = f"{distribution.metadata['Name']}@{distribution.version}"
    commit = _direct_url(distribution).get("vcs_info", {}).get("commit_id")
    separator = "." if "+" in release else "+"  # a local version has one already
    return f"{release}{separator}{commit}" if commit else release


def is_edited(distribution: Any) -> bool:
    """Whether its code is a checkout's, which may have changed since it was installed."""
    return _edited_in(distribution) is not None


def _edited_in(distribution: Any) -> Path | None:
    url = _direct_url(distribution)
    if not url.get("dir_info", {}).get("editable"):
        return None
    from urllib.parse import urlsplit
    from urllib.request import url2pathname

    return Path(url2pathname(urlsplit(url["url"]).path))


def _direct_url(distribution: Any) -> Any:
    """Return where a distribution of no index comes from, as PEP 610 has it."""
    import json

    return json.loads(distribution.read_text(_DIRECT_URL) or "{}")


def version_of(name: str) -> str:
    """Return the version in the metadata of an installed distribution, "unknown" without any."""
    try:
        return metadata.version(name) or "unknown"
    except (KeyError, metadata.PackageNotFoundError):  # the former of some readers, where it says no version
        return "unknown"


def own_version() -> str:
    """Return the release of this package, without a look at any metadata."""
    return str(vars(sys.modules[__package__])["__version__"])


def bundle_of(place: Path) -> Path | None:
    """Return the bundle of which `place`, the directory that holds this package, is a part; None if of none."""
    return place.parent if place.name == ANY and (place.parent / MANIFEST).is_file() else None


def own_directories() -> list[str]:
    """Return the directory that holds this package and, in a bundle, the one for this Python."""
    place = Path(__file__).absolute().parent.parent
    root = bundle_of(place)
    numbers = [folder.name[len(FOLDER) :] for folder in root.glob(f"{FOLDER}*")] if root else []
    fitting = sorted(int(each) for each in numbers if each.isdigit() and int(each) <= sys.version_info[1])
    return [str(place), *(str(place.parent / f"{FOLDER}{minor}") for minor in fitting[-1:])]


def directories_aside() -> list[str]:
    """Return the directories of a bundle that are on no path."""
    return [str(Path(directory, ASIDE)) for directory in own_directories()]


# What this package has brought with it, for an environment that does not have it on its path.
BROUGHT_ALONG = sorted(
    {*own_directories()}.difference(str(Path(entry)) for entry in sys.path if isinstance(entry, str))
)


def complete_path() -> None:
    """Append to sys.path what this package has brought with it: last, so that nothing of it shadows the app's."""
    sys.path += [directory for directory in BROUGHT_ALONG if directory not in sys.path]


def own_metadata(name: str) -> str:
    """Return the text of a file of this package's metadata, empty if there is none of that name."""
    return metadata.distribution(NAME).read_text(name) or ""


if TYPE_CHECKING or sys.version_info >= (3, 10):
    # On a newer Python the backport would change the host process's finders.
    from importlib import metadata
elif sys.version_info >= (3, 8):
    from importlib import metadata

    def _has_recent_backport() -> bool:
        """Whether there is one that selects entry points; one that is older is not even imported."""
        try:
            return int(metadata.version("importlib-metadata").partition(".")[0]) >= 4
        except (metadata.PackageNotFoundError, AttributeError, ValueError):  # not installed, or not wholly
            return False

    if _has_recent_backport():
        with suppress(AttributeError, ImportError, SyntaxError, TypeError):  # or it is broken itself
            import importlib_metadata as metadata
else:
    try:
        import importlib_metadata as metadata
    except ImportError:  # without which no adapter is found
        complete_path()
        import importlib_metadata as metadata


def _bootstrap() -> Any:
    """Return the finder of the bootstrap that has run, None without one."""
    return next((each for each in sys.meta_path if type(each).__name__ == "TriggerFinder"), None)


def way_in() -> str:
    """Return how the bootstrap came into this process: `run`, `PYTHONPATH`, `install`, or `import` without it."""
    bootstrap = _bootstrap()
    if bootstrap is None:
        return "import"
    if RUN in os.environ:
        return "run"
    entries = os.environ.get("PYTHONPATH", "").split(os.pathsep)
    is_named = getattr(bootstrap, "directory", "") in map(os.path.abspath, filter(None, entries))
    return "PYTHONPATH" if is_named else "install"


def _other_releases() -> list[tuple[str, str, str]]:
    """Return where the bootstrap that has run keeps another release of this package, that release, and this one."""
    places: tuple[str, ...] = getattr(_bootstrap(), "places", ())
    if own_directories()[0] in places:
        return []
    own = version_of(NAME)
    found = [each for place in places for each in Path(place).glob("sentry_asgi_autoconf-*.dist-info")]
    versions = [(str(each.parent), each.stem.partition("-")[2], own) for each in found]
    return [other for other in versions if other[1] != own]


# A process that serves says so, once.
OTHER_RELEASES = _other_releases()
