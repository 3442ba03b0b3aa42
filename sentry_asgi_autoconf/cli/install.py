"""Have an interpreter run the bootstrap without PYTHONPATH, or no longer."""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any, Callable

from sentry_asgi_autoconf.cli import installation
from sentry_asgi_autoconf.cli.installation import GATE, InstallError
from sentry_asgi_autoconf.cli.output import write
from sentry_asgi_autoconf.cli.path import BOOTSTRAP_DIRECTORY


def add_parser(subparsers: Any) -> None:
    """Register both commands."""
    _add(
        subparsers,
        "install",
        install,
        "make an interpreter run the bootstrap without PYTHONPATH",
        f"Write one file: with it, each process of an interpreter runs the bootstrap if {GATE} is set.",
    )
    _add(
        subparsers,
        "uninstall",
        uninstall,
        "undo `install`",
        "Remove what `install` has written for an interpreter.",
    )


def _add(subparsers: Any, name: str, command: Callable[..., int], summary: str, description: str) -> None:
    parser = subparsers.add_parser(name, help=summary, description=description, allow_abbrev=False)
    add = parser.add_mutually_exclusive_group().add_argument
    add("--python", metavar="PYTHON", help="the interpreter (default: the one that runs this)")
    add("--venv", metavar="DIR", help="the virtual environment")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.set_defaults(command=command)


def install(arguments: argparse.Namespace) -> int:
    """Write it, and say where. Raises InstallError."""
    python = _python(arguments)
    interpreter = installation.ask(python)
    files = {}
    for path, text in installation.files_for(interpreter).items():
        files[str(path)] = _put(path, text)
        if path.suffix == ".py":
            _compile(python, path)
    if arguments.json:
        told = {"python": python, "bootstrap": BOOTSTRAP_DIRECTORY, "gate": GATE}
        write(
            json.dumps(
                {**told, "files": [{"path": path, "is_new": is_new} for path, is_new in files.items()]}
            )
        )
        return 0
    for name, is_new in files.items():
        write(f"{'Wrote' if is_new else 'Already there:'} {name}")
    reached = (
        "also in each environment made from it" if not interpreter.is_virtual else "only in this environment"
    )
    write(f"{python} runs the bootstrap in {BOOTSTRAP_DIRECTORY} if {GATE} is set, {reached}.")
    return 0


def uninstall(arguments: argparse.Namespace) -> int:
    """Remove it, and say whence. Raises InstallError."""
    python = _python(arguments)
    interpreter = installation.ask(python)
    found = list(installation.find(interpreter.site_packages, interpreter.library))
    for path in found:
        try:
            _remove(path)
        except OSError as error:
            raise InstallError(f"Cannot remove {path}: {error.strerror or error}", remedy=_REMEDY) from None
    if arguments.json:
        write(json.dumps({"python": python, "removed": list(map(str, found))}))
        return 0
    write("\n".join(f"Removed {path}" for path in found) or f"Nothing is installed for {python}.")
    return 0


_REMEDY = "Run the command as the user who owns the interpreter."


def _python(arguments: argparse.Namespace) -> str:
    if arguments.venv is None:
        return arguments.python or sys.executable
    program = ("Scripts", "python.exe") if os.name == "nt" else ("bin", "python")
    return str(Path(arguments.venv).joinpath(*program))


def _put(path: Path, text: str) -> bool:
    """Write a file, at once for who reads it meanwhile; return whether it was not there yet. Raises InstallError."""
    if path.exists() and path.read_text("utf-8", "replace") == text:
        return False
    is_ours = path in installation.find(path.parent, path.parent.parent)
    if (path.exists() or (path.name == "__init__.py" and path.parent.exists())) and not is_ours:
        what = f"{path.parent if path.name == '__init__.py' else path} exists, and `install` did not write it"
        raise InstallError(what, remedy="Remove it, or put the bootstrap on PYTHONPATH.")
    try:
        path.parent.mkdir(exist_ok=True)
        new = path.with_name(f".{path.name}.{os.getpid()}")
        new.write_text(text, "utf-8")
        new.replace(path)
    except OSError as error:
        raise InstallError(f"Cannot write {path}: {error.strerror or error}", remedy=_REMEDY) from None
    return True


def _compile(python: str, path: Path) -> None:
    """Compile it while it can be written: later processes may belong to other users. It works without, too."""
    subprocess.run([python, "-I", "-m", "py_compile", str(path)], check=False, stderr=subprocess.DEVNULL)


def _remove(path: Path) -> None:
    if path.name == "__init__.py":
        shutil.rmtree(str(path.parent))
        return
    for cached in path.parent.glob(f"__pycache__/{path.stem}.*.pyc") if path.suffix == ".py" else ():
        cached.unlink()
    path.unlink()
