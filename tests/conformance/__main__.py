"""Run the tests of the SDK and of the servers with this package in their path: see docs/conformance.md."""

from __future__ import annotations

import argparse
import sys
import time

from rich.console import Console

from sentry_asgi_autoconf.inbox.server import BackgroundInbox
from tests.conformance.examination import Examination, examine
from tests.conformance.report import show
from tests.conformance.suites import SUITES


def arguments() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(prog="python -m tests.conformance", description=__doc__)
    parser.add_argument("suites", nargs="*", metavar="suite", help=f"{', '.join(SUITES)}; all without")
    given = parser.parse_args()
    unknown = set(given.suites) - set(SUITES)
    if unknown:
        parser.error(f"no such suite: {', '.join(sorted(unknown))}")
    return given


def main() -> int:
    """Examine the chosen suites one after the other; the status is 0 if each is as it is known to be."""
    given = arguments()
    console = Console()
    found: list[Examination] = []
    with BackgroundInbox() as inbox:
        for name in given.suites or SUITES:
            began = time.monotonic()
            found.append(examine(SUITES[name], inbox))
            console.print(f"{name}: {time.monotonic() - began:.0f} s", highlight=False)
    show(console, found)
    return 0 if all(found) else 1


if __name__ == "__main__":
    sys.exit(main())
