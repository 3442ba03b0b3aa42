"""The app's own config file: named by a variable, or the pyproject.toml next to the app."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any, Iterator, Mapping, NamedTuple

from sentry_asgi_autoconf.console import printable, shown
from sentry_asgi_autoconf.exceptions import AutoconfError, UnreadableConfigError
from sentry_asgi_autoconf.import_strings import Package
from sentry_asgi_autoconf.provenance import CONFIG_FILE, Origin
from sentry_asgi_autoconf.settings.sources import NOTHING, Table

if TYPE_CHECKING:
    from sentry_asgi_autoconf.settings.files import TomlFile
VARIABLE = "SENTRY_ASGI_CONFIG"
_TOOL = ("tool", "sentry-asgi-autoconf")
_PYPROJECT = "pyproject.toml"
# As a key: most files have no table of ours, at most a dependency, and are not worth a parser.
_KEY = rb"sentry-asgi-autoconf[\"']?\s*[].=]"


class ConfigFile(NamedTuple):
    """A config file for us, valid or not."""

    path: str
    is_named: bool  # by the variable
    content: TomlFile | None = None  # as far as it was read to find it


def find(environ: Mapping[str, str], package: Package | None) -> ConfigFile | None:
    """Return the file that the variable names, else the nearest pyproject.toml by the app that has our table."""
    named = environ.get(VARIABLE, "").strip()
    return ConfigFile(named, is_named=True) if named else next(_pyprojects(package), None)


def _pyprojects(package: Package | None) -> Iterator[ConfigFile]:
    for directory in _directories(package):
        path = directory / _PYPROJECT
        try:
            if path.is_file() and re.search(_KEY, path.read_bytes()):
                yield from _with_table(str(path))
        except OSError:
            continue


def _with_table(path: str) -> Iterator[ConfigFile]:
    from sentry_asgi_autoconf.settings.files import TomlFile

    try:
        file = TomlFile(path)
        if _table(file)[1]:
            yield ConfigFile(path, False, file)
    except ValueError:
        yield ConfigFile(path, False)  # what is wrong with it is said when it is read


def _directories(package: Package | None) -> Iterator[Path]:
    """Yield where the app's package lies, the directory above its `src`, and the working directory."""
    if package:
        found = package.root(Path(os.path.realpath(str(package.file))))
        yield found
        if found.name == "src":
            yield found.parent
    try:
        yield Path.cwd()
    except OSError:
        return


def read(config: ConfigFile | None, problems: list[AutoconfError]) -> Table:
    """Return what the file says, nothing where there is none or it cannot be read, which is a problem."""
    if config is None:
        return NOTHING
    from sentry_asgi_autoconf.settings.files import TomlFile, reason
    from sentry_asgi_autoconf.settings.names import classify

    try:
        file = config.content or TomlFile(config.path)
        keys, values = _table(file)
    except (OSError, ValueError) as error:
        what = f"{VARIABLE}={shown(config.path, 200)}" if config.is_named else printable(config.path, 200)
        remedy = "Correct the file or its path; until then it counts as empty."
        problems.append(UnreadableConfigError(f"{what} cannot be read: {reason(error)}", remedy=remedy))
        return NOTHING
    return classify(values, lambda key: Origin(key, file.place((*keys, key)), layer=CONFIG_FILE), problems)


def _table(file: TomlFile) -> tuple[tuple[str, ...], Mapping[str, Any]]:
    if Path(file.path).name != _PYPROJECT:
        return (), file.content
    found: Any = file.content
    for key in _TOOL:
        found = found.get(key, {}) if isinstance(found, dict) else {}
    if not isinstance(found, dict):
        raise ValueError("[tool.sentry-asgi-autoconf] is not a table")
    return _TOOL, found
