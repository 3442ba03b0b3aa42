"""Run from the command line, and end with 1 if anything is wrong."""

from __future__ import annotations

import argparse
import sys

from tests.isolation.apps import APPS
from tests.isolation.run import Outcome, receiver, run


def main() -> int:
    """Run what the arguments ask for."""
    options = _options()
    apps = options.app or list(APPS)
    each = -(-options.requests // len(apps))
    outcomes: list[Outcome] = []
    for server in options.server or ["uvicorn"]:
        for app in apps:
            with receiver() as inbox:
                outcomes.append(
                    run(app, each, inbox, server=server, at_once=options.at_once, seed=options.seed)
                )
            print("\n  ".join([str(outcomes[-1]), *outcomes[-1].worst()]), flush=True)
    wrong = sum(len(outcome.wrong) for outcome in outcomes)
    print(
        f"{sum(outcome.requests for outcome in outcomes)} requests, {options.at_once} at once: {wrong} findings"
    )
    return 1 if wrong else 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.isolation", description=__doc__)
    parser.add_argument(
        "--requests", type=int, default=20_000, help="how many, on each server (default: %(default)s)"
    )
    parser.add_argument("--at-once", type=int, default=64, help="how many clients (default: %(default)s)")
    parser.add_argument("--seed", type=int, default=1, help="what decides which requests fail")
    parser.add_argument("--app", action="append", choices=list(APPS), help="default: all")
    parser.add_argument(
        "--server",
        action="append",
        choices=["uvicorn", "hypercorn", "granian", "gunicorn"],
        help="default: uvicorn",
    )
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
