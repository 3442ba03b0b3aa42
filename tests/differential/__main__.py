"""Run a comparison from the command line, and end with 1 if anything differs."""

from __future__ import annotations

import argparse
import sys

from tests.benchmarks.sink import Sink
from tests.differential.comparison import Report, Terms, compare
from tests.differential.readers import READERS


def main() -> int:
    """Run what the arguments ask for."""
    options = _options()
    frameworks = options.framework or list(READERS)
    each = -(-options.requests // len(frameworks))
    reports: list[Report] = []
    with Sink() as sink:
        environ = {"SENTRY_DSN": sink.dsn, "SENTRY_TRACES_SAMPLE_RATE": "1"}
        environ.update(pair.split("=", 1) for pair in options.environ)
        for server in options.server or ["uvicorn"]:
            terms = Terms(
                server,
                options.seed,
                options.deadline,
                most_differences=options.most_differences,
                environ=environ,
                both_bare=options.both_bare,
            )
            for framework in frameworks:
                reports.append(compare(framework, each, terms, lambda text: print(text, flush=True)))
                print(reports[-1], flush=True)
    differences = sum(len(report.differences) for report in reports)
    sent = sum(report.sent for report in reports)
    print(f"{sent} requests, seed {options.seed}: {differences} differences")
    return 1 if differences or sent < sum(report.asked for report in reports) else 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.differential", description=__doc__)
    parser.add_argument(
        "--requests", type=int, default=10_000, help="how many, on each server (default: %(default)s)"
    )
    parser.add_argument("--seed", type=int, default=1, help="what the requests are drawn from")
    parser.add_argument("--framework", action="append", choices=list(READERS), help="default: all")
    parser.add_argument(
        "--server",
        action="append",
        choices=["uvicorn", "hypercorn", "granian", "gunicorn"],
        help="default: uvicorn",
    )
    parser.add_argument(
        "--environ", action="append", default=[], metavar="NAME=VALUE", help="a setting of ours"
    )
    parser.add_argument(
        "--deadline", type=float, default=6.0, help="seconds after which an answer is missing"
    )
    parser.add_argument("--most-differences", type=int, default=10, help="of a framework, then the next one")
    parser.add_argument("--both-bare", action="store_true", help="see what differs by itself: nothing should")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
