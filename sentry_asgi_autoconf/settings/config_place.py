"""Find the app's own config file: named by a variable, or the pyproject.toml next to the app."""

from __future__ import annotations

import importlib.util
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any, Iterator, Mapping

if TYPE_CHECKING:
    from sentry_asgi_autoconf.settings.toml_file import TomlFile

VARIABLE = "SENTRY_ASGI_CONFIG"
_TOOL = ("tool", "sentry-asgi-autoconf")
_PYPROJECT = "pyproject.toml"


def exists(environ: Mapping[str, str], app: str | None) -> bool:
    """Whether there is a config file for us, valid or not."""
    return bool(environ.get(VARIABLE, "").strip()) or next(pyprojects(app), None) is not None


def values_of(file: TomlFile) -> tuple[tuple[str, ...], Mapping[str, Any]]:
    """Give the table of our settings in a file, and its key there. Raises ValueError."""
    if Path(file.path).name != _PYPROJECT:
        return (), file.content
    found: Any = file.content
    for key in _TOOL:
        found = found.get(key, {}) if isinstance(found, dict) else {}
    if not isinstance(found, dict):
        raise ValueError("[tool.sentry-asgi-autoconf] is no table")
    return _TOOL, found


def pyprojects(app: str | None) -> Iterator[str]:
    """Give each pyproject.toml near the app of this import string that has a table of ours, the nearest first."""
    for directory in _directories(app):
        path = directory / _PYPROJECT
        try:
            # Most have no table of ours, and are not worth a parser.
            if path.is_file() and b"sentry-asgi-autoconf" in path.read_bytes() and _has_table(path):
                yield str(path)
        except OSError:
            continue


def _has_table(path: Path) -> bool:
    from sentry_asgi_autoconf.settings.toml_file import TomlFile

    try:
        return bool(values_of(TomlFile(str(path)))[1])
    except ValueError:
        return True  # to be told of


def _directories(app: str | None) -> Iterator[Path]:
    """Give where the app's top-level module lies, the directory above its `src`, and the working directory."""
    found = _directory_of(app.partition(":")[0].partition(".")[0]) if app else None
    if found is not None:
        yield found
        if found.name == "src":
            yield found.parent
    try:
        yield Path.cwd()
    except OSError:
        return


def _directory_of(module: str) -> Path | None:
    try:
        spec = importlib.util.find_spec(module)  # imports nothing, as the name has no dot
    except (ImportError, AttributeError, ValueError):
        return None
    if spec is None or not spec.origin or spec.origin in ("built-in", "frozen"):
        return None
    directory = Path(os.path.realpath(spec.origin)).parent
    return directory.parent if spec.submodule_search_locations else directory
