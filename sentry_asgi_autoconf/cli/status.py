"""Show the status files of a directory: what each process serves, and what became of what it captured."""

from __future__ import annotations

import argparse
import calendar
import json
import os
import platform
import time
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, Iterable, Iterator, Mapping, Sequence

from sentry_asgi_autoconf.cli.output import console, has_rich, plain_table, write
from sentry_asgi_autoconf.console import printable
from sentry_asgi_autoconf.exceptions import AutoconfError
from sentry_asgi_autoconf.flushing.deliveries import MOMENT
from sentry_asgi_autoconf.settings.files import file_text
from sentry_asgi_autoconf.settings.values import json_value
from sentry_asgi_autoconf.status import DIRECTORY
from sentry_asgi_autoconf.status.account import pid_namespace

if TYPE_CHECKING:
    from rich.table import Table

_PERIOD = 1.0  # seconds
_HEADINGS = ("Process", "State", "Serves", "Captured", "Sent", "Dropped", "Last delivery", "Policies")
_COLOURS = {"active": "green", "inactive": "yellow", "failed": "bold red", "gone": "red", "ended": "dim"}


class NoStatusError(AutoconfError):
    """A directory that cannot be read."""

    slug = "no-status"


def add_parser(subparsers: Any) -> None:
    """Register the command."""
    parser = subparsers.add_parser(
        "status",
        help="show the state of the processes that serve",
        description="Show the status files that processes keep in the directory that SENTRY_ASGI_STATUS_DIR names.",
        epilog="Exit status: 0 if Sentry works in all running processes, 1 if it failed in one or if none runs,"
        " 2 for wrong usage.",
        allow_abbrev=False,
    )
    given = os.environ.get(DIRECTORY, "").strip()
    place = f"the directory (default: that of {DIRECTORY})"
    parser.add_argument(
        "directory",
        metavar="DIR",
        type=Path,
        help=place,
        **({"nargs": "?", "default": Path(given)} if given else {}),
    )
    form = parser.add_mutually_exclusive_group().add_argument
    form("--json", action="store_true", help="print one JSON object")
    form("--watch", action="store_true", help="keep running, and show each change")
    parser.set_defaults(command=run)


def run(arguments: argparse.Namespace) -> int:
    """Print it; return 0 if Sentry works in all that run, else 1. Raises NoStatusError."""
    reports = read(arguments.directory)
    if arguments.json:
        write(json.dumps({"processes": reports}, indent=1))
    else:
        _show(arguments.directory, reports, is_watched=arguments.watch)
    states = [report["state"] for report in reports if report["is_running"] is not False]
    return 0 if states and "failed" not in states else 1


def read(directory: Path) -> list[dict[str, Any]]:
    """Return what each file says, and whether its process runs; None where that cannot be told from here.

    Raises NoStatusError.
    """
    try:
        paths = sorted(path for path in directory.iterdir() if path.suffix == ".json")
    except OSError as error:
        what = f"{directory} cannot be read: {error.strerror or error}"
        remedy = f"Name the directory that {DIRECTORY} names for the processes."
        raise NoStatusError(what, remedy=remedy) from None
    reports = []
    for path in paths:
        # Gone meanwhile, or anything else that somebody has put there.
        with suppress(OSError, ValueError):
            report = json_value(file_text(str(path)))
            if isinstance(report, dict) and isinstance(report.get("pid"), int) and "state" in report:
                reports.append({"file": path.name, **report, "is_running": _is_running(report)})
    return reports


def _is_running(report: Mapping[str, Any]) -> bool | None:
    if report.get("ended"):
        return False
    if (report.get("host"), report.get("pid_namespace")) != (platform.node(), pid_namespace()):
        return None
    try:
        os.kill(report["pid"], 0)
    except ProcessLookupError:
        return False
    except (OSError, OverflowError):  # another user's, or a number that none has
        pass
    return True


def _show(directory: Path, reports: list[dict[str, Any]], *, is_watched: bool) -> None:
    if not has_rich():
        write(plain_table(_HEADINGS, map(_row, reports)))
        while is_watched:
            time.sleep(_PERIOD)
            reports, before = read(directory), reports
            if reports != before:
                write(plain_table(_HEADINGS, map(_row, reports)))
        return
    from rich.live import Live

    if not is_watched:
        console().print(_drawn(reports))
        return
    with Live(_drawn(reports), console=console(), auto_refresh=False) as live:
        while True:
            time.sleep(_PERIOD)
            live.update(_drawn(read(directory)), refresh=True)


def _drawn(reports: Sequence[Mapping[str, Any]]) -> Table:
    from rich import box
    from rich.table import Table
    from rich.text import Text

    table = Table(*_HEADINGS, box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False)
    for process, state, *cells in map(_row, reports):
        table.add_row(process, Text(state, _COLOURS.get(state.partition(":")[0], "")), *cells)
    return table


def _row(report: Mapping[str, Any]) -> tuple[str, ...]:
    process = printable(f"{report.get('host', report['file'])} {report['pid']}", 200)
    try:
        return (process, *_cells(report))
    except (AttributeError, KeyError, TypeError, ValueError):  # whoever may write there has written it
        return (process, "not readable", *[""] * (len(_HEADINGS) - 2))


def _cells(report: Mapping[str, Any]) -> tuple[str, ...]:
    apps = (f"{app['app']} ({app['server'] or 'by itself'})" for app in report["apps"])
    dropped = (
        f"{number} {category} ({reason})"
        for reason, counts in sorted(report["dropped"].items())
        for category, number in sorted(counts.items())
    )
    last = report["last_delivery"]
    delivery = [f"{last['answer']}, {_age(last['at'])}"] if last else []
    counts = (_counts(report["captured"]), _counts(report["sent"]))
    policies = [*report["policies"], *(f"missing: {name}" for name in report.get("missing", ()))]
    return tuple(map(_lines, ([_state(report)], apps, *counts, dropped, delivery, policies)))


def _state(report: Mapping[str, Any]) -> str:
    if report["is_running"] is False:
        return "ended" if report.get("ended") else "gone"
    state, code = str(report["state"]), report["code"]
    return state if state == code else f"{state}: {code}"


def _age(moment: str) -> str:
    """Return how long ago a moment was that a file tells."""
    seconds = max(time.time() - calendar.timegm(time.strptime(moment, MOMENT)), 0.0)
    for unit, size in (("d", 86400), ("h", 3600), ("min", 60)):
        if seconds >= size:
            return f"{seconds // size:.0f} {unit} ago"
    return f"{seconds:.0f} s ago"


def _counts(counts: Mapping[str, int]) -> Iterator[str]:
    return (f"{number} {category}" for category, number in sorted(counts.items()))


def _lines(texts: Iterable[str]) -> str:
    return "\n".join(printable(text, 200) for text in texts)
