"""What the commands share: how they read numbers and print results, and the extras that they need."""

from __future__ import annotations

import argparse
import contextlib
import importlib.util
import io
import os
import sys
from typing import TYPE_CHECKING, Any, Callable, Iterable, Iterator, Sequence

from sentry_asgi_autoconf.exceptions import AutoconfError

if TYPE_CHECKING:
    from rich.console import Console

DOCUMENTATION = "https://sentry-asgi-autoconf.readthedocs.io/en/latest"

_EXTRAS = {
    "bundle": ("cyclonedx", "packageurl", "packaging", "pip", "rich"),
    "cli": ("argcomplete", "dotenv", "rich"),
    "inbox": ("jinja2", "pygments", "rich", "starlette", "uvicorn"),
}

# Of a table that goes into a file, or to a program that looks for lines.
_UNLIMITED_COLUMNS = 10_000


class MissingExtraError(AutoconfError):
    """A command whose optional dependencies are not installed."""

    slug = "missing-extra"


def require_extra(extra: str = "inbox", *, needed_by: str = "The inbox", otherwise: str = "") -> None:
    """Raise MissingExtraError unless all packages of the extra can be imported; `otherwise` names a way without."""
    missing = [name for name in _EXTRAS[extra] if importlib.util.find_spec(name) is None]
    if missing:
        raise MissingExtraError(
            f"{needed_by} needs {', '.join(missing)}, which {sys.executable} does not have",
            remedy=f"Run: pip install 'sentry-asgi-autoconf[{extra}]'{otherwise}",
        )


def number(words: str, convert: Callable[[str], Any], least: float, most: float) -> Callable[[str], Any]:
    """Return what reads an argument that is to be `words`, from `least` to `most`."""

    def read(text: str) -> Any:
        with contextlib.suppress(ValueError):
            found = convert(text)
            if least <= found <= most:
                return found
        raise argparse.ArgumentTypeError(f"{text!r} is not {words}")

    return read


PORT = number("a port: a whole number from 0 to 65535", int, 0, 65535)
COUNT = number("a whole number, 0 or greater", int, 0, float("inf"))


def has_rich() -> bool:
    """Whether what draws tables and colours is installed."""
    return importlib.util.find_spec("rich") is not None


def console() -> Console:
    """Return what draws a result on standard output, of unlimited width where no terminal shows it."""
    from rich.console import Console

    found = Console(markup=False, emoji=False, highlight=False)
    if not found.is_terminal and "COLUMNS" not in os.environ:
        found.width = _UNLIMITED_COLUMNS
    return found


def plain_table(headings: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return rows as a table without rich; a cell may have several lines."""
    lines: list[Sequence[str]] = [headings, ["-" * len(heading) for heading in headings]]
    for row in rows:
        cells = [cell.split("\n") for cell in row]
        height = max(map(len, cells))
        lines += zip(*(cell + [""] * (height - len(cell)) for cell in cells))
    widths = [max(map(len, column)) for column in zip(*lines)]
    padded = ("  ".join(cell.ljust(width) for cell, width in zip(line, widths)).rstrip() for line in lines)
    return "\n".join(padded)


@contextlib.contextmanager
def progress() -> Iterator[Callable[[str], object]]:
    """Yield what shows, on a terminal that is there for messages, what is waited for."""
    if has_rich():
        from rich.console import Console

        console = Console(stderr=True, markup=False, highlight=False)
        if sys.stderr.isatty():  # whatever FORCE_COLOR says
            with console.status("Looking at this environment") as status:
                yield status.update
            return
    yield lambda text: None


def write(text: str) -> None:
    """Write a command's result and a line end to stdout; a reader that has gone is not an error."""
    if sys.stdout is None:  # closed by whoever started this process
        return
    if isinstance(sys.stdout, io.TextIOWrapper):
        # What the terminal cannot show, and lone surrogates, which an environment may hold.
        sys.stdout.reconfigure(errors="backslashreplace")
    with contextlib.suppress(BrokenPipeError):
        sys.stdout.write(text.rstrip("\n") + "\n")
    flush()


def flush() -> None:
    """Flush stdout, or point it nowhere when its reader has gone: the interpreter would complain at exit."""
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
