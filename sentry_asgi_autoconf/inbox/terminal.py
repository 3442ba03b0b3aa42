"""Print what arrives: for a person with rich, for a program as JSON lines."""

from __future__ import annotations

import json
import re
from typing import IO

from rich.console import Console
from rich.text import Text

from sentry_asgi_autoconf.inbox import errors
from sentry_asgi_autoconf.inbox.logs import log_lines
from sentry_asgi_autoconf.inbox.receiver import Item
from sentry_asgi_autoconf.inbox.spans import Span, root_span, segments, spans_of
from sentry_asgi_autoconf.inbox.tolerant import clock, duration, mapping, moment, text
from sentry_asgi_autoconf.inbox.waterfall import is_failure

_SILENT = ("client_report", "session", "sessions")
_LEVEL_STYLES = {"fatal": "bold red", "error": "red", "warning": "yellow", "info": "cyan", "debug": "dim"}
_LONGEST = 300
# Sequences that set colours, titles, links or the clipboard, whole: their letters alone would be left over.
_ESCAPES = re.compile(
    r"(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]|(?:\x1b[\]PX^_]|[\x90\x98\x9d-\x9f]).*?(?:\x07|\x1b\\|\x9c|$)", re.S
)


def plain(value: str) -> str:
    """Return one line of `value` that holds nothing a terminal would act upon."""
    without = _ESCAPES.sub("", value)[:_LONGEST]
    # What is not printable: control, direction and other format characters, lone surrogates.
    return " ".join("".join(char for char in " ".join(without.split()) if char.isprintable()).split())


class Printer:
    """Print each item as it arrives, one compact block each."""

    def __init__(self, console: Console, *, url: str = "") -> None:
        """Print to `console`; `url` is where the pages are, for links to them."""
        self._console = console
        self.url = url

    def show(self, item: Item) -> None:
        """Print one item; sessions and client reports are not worth a line."""
        for line in self._lines(item):
            self._console.print(self._encodable(line), soft_wrap=True)

    def _lines(self, item: Item) -> list[Text]:
        kind = item["type"]
        if kind == "event":
            return self._error(item)
        if kind == "transaction":
            return [self._transaction(item, root_span(item), len(spans_of(item)) - 1)]
        if kind == "span":
            return [self._transaction(item, span, None) for span in segments([item])]
        if kind == "log":
            return [_log_line(line.time, line.level, line.body) for line in log_lines([item])]
        if kind in _SILENT:
            return []
        return [_head(_received(item), plain(kind)[:12], "dim")]

    def _error(self, item: Item) -> list[Text]:
        event = mapping(item["payload"])
        severity = errors.level(event.get("level") or "error")
        head = _head(_received(item), severity, _LEVEL_STYLES[severity])
        head.append(plain(errors.title(event)), "bold")
        facts = [errors.place(event), errors.request_line(event)]
        facts += [text(event.get(name)) for name in ("release", "environment")]
        lines = [head]
        shown = [plain(fact) for fact in facts if plain(fact)]
        if shown:
            lines.append(Text(" " * 18).append("  ·  ".join(shown), "dim"))
        if self.url:
            lines.append(Text(" " * 18).append(f"{self.url}/errors/{item['id']}", "blue underline"))
        return lines

    def _transaction(self, item: Item, span: Span, children: int | None) -> Text:
        head = _head(_received(item), "request" if span.op == "http.server" else "trace", "green")
        head.append(plain(span.name))
        facts = [span.op, "" if span.op == span.status else span.status, duration(span.seconds)]
        for position, fact in enumerate(facts):
            style = "red" if position == 1 and is_failure(fact) else "dim"
            if fact:
                head.append("  " + plain(fact), style)
        if children is not None:
            head.append(f"  {children} span" + ("" if children == 1 else "s"), "dim")
        return head

    def _encodable(self, line: Text) -> Text:
        encoding = self._console.encoding or "utf-8"
        line.plain = line.plain.encode(encoding, "replace").decode(encoding)
        return line


class JsonLines:
    """Write each item as one line of JSON."""

    def __init__(self, stream: IO[str]) -> None:
        """Write to `stream`."""
        self._stream = stream

    def show(self, item: Item) -> None:
        """Write one item, at once."""
        self._stream.write(json.dumps(item) + "\n")
        self._stream.flush()


def _received(item: Item) -> str:
    return clock(moment(item.get("received")))


def _head(time: str, label: str, style: str) -> Text:
    return Text().append(f"{time:8}", "dim").append(f"  {label:8}", style)


def _log_line(time: str, severity: str, body: str) -> Text:
    return _head(time, severity, _LEVEL_STYLES[severity]).append(plain(body))
