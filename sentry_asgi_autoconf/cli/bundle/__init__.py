"""Write a bundle: one directory of pure Python that instruments any Python on any platform, without installation."""

from __future__ import annotations

import argparse
import json
import os
import re
from pathlib import Path
from typing import Any

from sentry_asgi_autoconf.cli.output import require_extra, write

_MINORS = range(7, 16)
# Without SOURCE_DATE_EPOCH: the first moment that a ZIP archive can tell.
_EPOCH = 315532800


def add_parser(subparsers: Any) -> None:
    """Register the command."""
    parser = subparsers.add_parser(
        "bundle",
        help="write one directory that instruments any Python, for PYTHONPATH",
        description="Write DIR: this package and what it needs, as pure Python for every version and platform.",
        epilog="export PYTHONPATH=DIR, or: python3 DIR run -- CMD. The same inputs give the same bytes.",
        allow_abbrev=False,
    )
    add = parser.add_argument
    add(
        "directory",
        metavar="DIR",
        type=Path,
        help="the directory to write: a new one, or a bundle to replace",
    )
    add("--wheelhouse", metavar="DIR", help="take wheels from this directory alone, and not from pip's index")
    pythons = "a Python version to support: 3.7, or several with commas (default: 3.7 to 3.15)"
    add("--python", metavar="VERSION", action="append", type=_minors, help=pythons)
    add("--sdk", metavar="VERSION", type=_version, help="the release of sentry-sdk (default: the newest)")
    compiling = "let this interpreter add byte code; may be given several times"
    add("--compile", metavar="PYTHON", action="append", default=[], help=compiling)
    add("--json", action="store_true", help="print one JSON object")
    parser.set_defaults(command=run)


def _minors(text: str) -> list[int]:
    found = [re.fullmatch(r"3\.(\d+)", each.strip()) for each in text.split(",")]
    minors = [int(each.group(1)) for each in found if each]
    if len(minors) < len(found) or min(minors) < _MINORS.start:
        raise argparse.ArgumentTypeError(f"{text} is not a Python version of 3.{_MINORS.start} or newer")
    return minors


def _version(text: str) -> str:
    if not re.fullmatch(r"[0-9][\w.+!]*", text):
        raise argparse.ArgumentTypeError(f"{text} is not a version")
    return text


def run(arguments: argparse.Namespace) -> int:
    """Write it, and say what it holds. Raises AutoconfError."""
    require_extra("bundle", needed_by="bundle")
    from sentry_asgi_autoconf.cli.bundle import layout

    epoch = os.environ.get("SOURCE_DATE_EPOCH", "")
    seconds = int(epoch) if epoch.isdigit() else _EPOCH
    minors = sorted({minor for each in arguments.python or [list(_MINORS)] for minor in each})
    target = arguments.directory.absolute()
    with layout.Staging(target) as directory:
        folders = layout.arrange(_resolve(minors, arguments.sdk, arguments.wheelhouse))
        manifest = layout.describe(folders, minors)
        layout.write(directory, folders, layout.bill_of_materials(manifest, seconds))
        for python in arguments.compile:
            layout.compile_with(python, directory)
        layout.write_manifest(directory, manifest)
        layout.set_times(directory, seconds)
    summary = _summarise(target, manifest)
    write(json.dumps(summary) if arguments.json else _as_text(summary))
    return 0


def _resolve(minors: list[int], sdk: str | None, wheelhouse: str | None) -> dict[int, dict[str, Any]]:
    """Return the distributions by Python, and show how far it has come on a terminal."""
    from rich.console import Console
    from rich.progress import Progress

    from sentry_asgi_autoconf.cli.bundle.distributions import own_distribution
    from sentry_asgi_autoconf.cli.bundle.resolution import Resolver

    own = own_distribution()
    resolver = Resolver([*own.requires, *([f"sentry-sdk=={sdk}"] if sdk else [])], wheelhouse)
    resolved = {}
    console = Console(stderr=True)
    with Progress(console=console, transient=True, disable=not console.is_terminal) as progress:
        task = progress.add_task("", total=len(minors))
        # The newest first: each begins with what was found for the one before, and the newest need least.
        for minor in reversed(minors):
            progress.update(task, description=f"Python 3.{minor}")
            resolved[minor] = {**resolver.resolve(minor), own.name: own}
            progress.advance(task)
    return resolved


def _summarise(target: Path, manifest: dict[str, Any]) -> dict[str, Any]:
    files = [path for path in target.rglob("*") if path.is_file()]
    code = [path for path in files if path.suffix == ".pyc"]
    return {
        "directory": str(target),
        "files": len(files) - len(code),
        "bytes": sum(path.stat().st_size for path in files if path.suffix != ".pyc"),
        "bytes_of_byte_code": sum(path.stat().st_size for path in code),
        "pythons": manifest["pythons"],
        "distributions": {each["name"]: each["version"] for each in manifest["distributions"]},
    }


def _as_text(summary: dict[str, Any]) -> str:
    byte_code, pythons = summary["bytes_of_byte_code"], summary["pythons"]
    compiled = f", and {byte_code / 1e6:.1f} MB of byte code" if byte_code else ""
    return "\n".join(
        [
            f"{summary['directory']}: {summary['files']} files, {summary['bytes'] / 1e6:.1f} MB{compiled}",
            f"Python {', '.join(pythons)}; the files for {pythons[-1]} serve newer versions too",
            ", ".join(f"{name} {version}" for name, version in summary["distributions"].items()),
        ]
    )
