"""Read the command line of what runs in parts."""

from __future__ import annotations

import argparse
from typing import Collection


def read(parser: argparse.ArgumentParser, parts: Collection[str]) -> argparse.Namespace:
    """Read it; its `parts` are those that are named, in their own order, or all. Exits where one is not known."""
    parser.add_argument("parts", nargs="*", metavar="part", help=f"{', '.join(parts)}; all without")
    given = parser.parse_args()
    unknown = set(given.parts).difference(parts)
    if unknown:
        parser.error(f"no such part: {', '.join(sorted(unknown))}")
    given.parts = [part for part in parts if not given.parts or part in given.parts]
    return given
