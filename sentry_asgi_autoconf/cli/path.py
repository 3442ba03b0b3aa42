"""Name the bootstrap directory, and put it on a PYTHONPATH or take it off."""

from __future__ import annotations

import argparse
import json
import os
from pathlib import Path
from typing import Any

from sentry_asgi_autoconf import entry_points
from sentry_asgi_autoconf.cli.output import write

# As it was imported, symbolic links kept: a link that is switched on deployment stays good.
PACKAGE_DIRECTORY = Path(__file__).absolute().parent.parent
_IN_PACKAGE = str(PACKAGE_DIRECTORY / "bootstrap")
# A bundle has it at its root.
BOOTSTRAP_DIRECTORY = str(entry_points.bundle_of(PACKAGE_DIRECTORY.parent) or _IN_PACKAGE)


def add_parser(subparsers: Any) -> None:
    """Register the command."""
    parser = subparsers.add_parser(
        "path",
        help="print the directory for PYTHONPATH",
        description="Print the directory to put first on PYTHONPATH, and nothing else.",
        epilog='export PYTHONPATH="$(sentry-asgi-autoconf path)${PYTHONPATH:+:$PYTHONPATH}"',
        allow_abbrev=False,
    )
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.set_defaults(command=run)


def run(arguments: argparse.Namespace) -> int:
    """Print the bootstrap directory."""
    write(json.dumps({"bootstrap": BOOTSTRAP_DIRECTORY}) if arguments.json else BOOTSTRAP_DIRECTORY)
    return 0


def with_bootstrap(pythonpath: str) -> str:
    """Return `pythonpath` with the bootstrap directory first and only once, its other entries as they are."""
    return os.pathsep.join([BOOTSTRAP_DIRECTORY, *other_entries(pythonpath)])


def other_entries(pythonpath: str) -> list[str]:
    """Return the entries of `pythonpath` but for the bootstrap directory."""
    # Of an empty path, there would be an empty entry: the working directory.
    entries = pythonpath.split(os.pathsep) if pythonpath else []
    return [entry for entry in entries if not entry or not is_bootstrap(entry)]


def is_bootstrap(entry: str) -> bool:
    """Whether an entry of a path is the bootstrap directory, by whatever name."""
    # Not Path.resolve(), which raises where links run in a circle.
    ours = (BOOTSTRAP_DIRECTORY, _IN_PACKAGE)
    return Path(os.path.realpath(entry)) in [Path(os.path.realpath(each)) for each in ours]
