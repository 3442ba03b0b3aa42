"""What `install` writes for an interpreter, which has the bootstrap run without PYTHONPATH."""

from __future__ import annotations

import json
import re
import subprocess
import sysconfig
from pathlib import Path
from typing import Iterator, NamedTuple

from sentry_asgi_autoconf import entry_points
from sentry_asgi_autoconf.cli.path import BOOTSTRAP_DIRECTORY
from sentry_asgi_autoconf.exceptions import AutoconfError

# By which `uninstall` knows what it may remove.
_MARK = "sentry-asgi-autoconf install"
GATE = "SENTRY_ASGI_ENABLED"
# One line, run by `site` in each interpreter of the environment, in a virtual one twice.
_PTH = (
    'import os, sys; os.environ.get("{gate}") and {bootstrap!a} not in sys.path and'
    " (sys.path.insert(0, {bootstrap!a}){watch})  # {mark}\n"
)
_WATCH = ', os.environ.setdefault("SENTRY_ASGI_WATCH", {!a})'
# What the line is on a Python that has done away with those that import (PEP 829): the module of a callable.
_START = "_sentry_asgi_autoconf_start"
_MODULE = '"""Written by `{mark}`."""\n\n\ndef start():\n    {line}'
# A package goes before a module of its name, which stays as it is: Debian's, that is, or an image's own.
_SITECUSTOMIZE = '''"""Run the bootstrap of sentry-asgi-autoconf where {gate} is set, then the sitecustomize it hides.

Written by `{mark}`, and removed by its `uninstall`.
"""

import os
import sys

from _frozen_importlib_external import PathFinder, spec_from_file_location

BOOTSTRAP = {bootstrap!a}
LIBRARY = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))


def following():
    runs = any(type(finder).__name__ == "TriggerFinder" for finder in sys.meta_path)
    if os.environ.get("{gate}") and not runs and BOOTSTRAP not in sys.path:
        sys.path.insert(0, BOOTSTRAP)
        spec = PathFinder.find_spec("sitecustomize", [BOOTSTRAP])
        if spec:  # whose module runs this one again, as the next on the path
            return spec
    beside = os.path.join(LIBRARY, "sitecustomize.py")
    if os.path.isfile(beside):
        return spec_from_file_location("sitecustomize", beside)
    return PathFinder.find_spec("sitecustomize", sys.path[sys.path.index(LIBRARY) + 1 :] if LIBRARY in sys.path else [])


class Following:
    def __init__(self, spec):
        self.spec = spec

    def find_spec(self, name, path=None, target=None):
        return self.spec if name == "sitecustomize" else None


finder = Following(following())
if finder.spec:
    sys.meta_path.insert(0, finder)
    sys.modules.pop("sitecustomize", None)
    try:
        import sitecustomize
    finally:
        sys.meta_path.remove(finder)
'''
_ASK = """
import json, sys, sysconfig
names = set()
try:
    from importlib import metadata
    for distribution in metadata.distributions():
        names |= {each.name for each in distribution.entry_points
                  if each.group == GROUP and not each.value.startswith("sentry_asgi_autoconf.")}
except Exception:  # of metadata that may be anybody's
    pass
paths = sysconfig.get_paths()
is_virtual = sys.prefix != getattr(sys, "base_prefix", sys.prefix)
print(json.dumps([sys.version_info[:2], is_virtual, paths["purelib"], paths["stdlib"], sorted(names)]))
"""


class InstallError(AutoconfError):
    """An interpreter for which nothing can be installed."""

    slug = "not-installed"


class Interpreter(NamedTuple):
    """An interpreter: its version, where it looks for packages and its library, and the trigger modules of others."""

    version: tuple[int, int]
    is_virtual: bool
    site_packages: Path
    library: Path
    triggers: list[str]


def ask(python: str) -> Interpreter:
    """Return what an interpreter says of itself. Raises InstallError."""
    try:
        code = f"GROUP = {entry_points.SERVERS!r}\n{_ASK}"
        result = subprocess.run([python, "-I", "-c", code], capture_output=True, text=True, check=True)
        # A sitecustomize may have printed something before.
        version, is_virtual, site_packages, library, triggers = json.loads(result.stdout.splitlines()[-1])
    except (IndexError, OSError, ValueError, subprocess.CalledProcessError):
        what = f"{python} is not an interpreter of Python 3.7 or newer that can be run"
        raise InstallError(what, remedy="Name one with --python, or an environment with --venv.") from None
    if version < [3, 7]:
        raise InstallError(f"{python} is Python {version[0]}.{version[1]}, older than 3.7")
    return Interpreter((version[0], version[1]), is_virtual, Path(site_packages), Path(library), triggers)


def files_for(interpreter: Interpreter) -> dict[Path, str]:
    """Return what to write: a virtual environment's own file, or one that reaches all those of an interpreter."""
    watch = _WATCH.format(",".join(interpreter.triggers)) if interpreter.triggers else ""
    told = {"gate": GATE, "bootstrap": BOOTSTRAP_DIRECTORY, "mark": _MARK, "watch": watch}
    if not interpreter.is_virtual:
        return {interpreter.library / "sitecustomize" / "__init__.py": _SITECUSTOMIZE.format(**told)}
    line = _PTH.format(**told)
    directory = interpreter.site_packages
    files = {directory / "sentry_asgi_autoconf.pth": line}
    if interpreter.version >= (3, 15):
        files[directory / "sentry_asgi_autoconf.start"] = f"{_START}:start\n"
        files[directory / f"{_START}.py"] = _MODULE.format(mark=_MARK, line=line)
    return files


def find(site_packages: Path, library: Path) -> Iterator[Path]:
    """Yield the files that were written for an interpreter."""
    names = ("sentry_asgi_autoconf.pth", f"{_START}.py", "sentry_asgi_autoconf.start")
    for path in (*(site_packages / name for name in names), library / "sitecustomize" / "__init__.py"):
        text = _text(path)
        if _MARK in text or text.startswith(_START):
            yield path


def find_own() -> Iterator[Path]:
    """Yield those that name a bootstrap for the interpreter that runs this, one for each way in."""
    found = find(Path(sysconfig.get_path("purelib")), Path(sysconfig.get_path("stdlib")))
    return (path for path in found if path.suffix == ".pth" or path.name == "__init__.py")


def bootstrap_of(path: Path) -> str:
    """Return the bootstrap directory that a file names, empty if it names none."""
    found = re.search(r"(?:BOOTSTRAP = |insert\(0, )(['\"])(.*?)\1", _text(path))
    return found.group(2).encode("ascii", "replace").decode("unicode_escape") if found else ""


def _text(path: Path) -> str:
    try:
        return path.read_text("utf-8", "replace")
    except OSError:
        return ""
