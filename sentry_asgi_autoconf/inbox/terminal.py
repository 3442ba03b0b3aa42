"""Print what arrives: for a person with rich, for a program as JSON lines."""

from __future__ import annotations

import json
import re
from collections import Counter
from typing import IO

from rich.console import Console
from rich.text import Text

from sentry_asgi_autoconf.inbox import errors, summaries
from sentry_asgi_autoconf.inbox.issues import group_of
from sentry_asgi_autoconf.inbox.spans import Span, root_span, segments
from sentry_asgi_autoconf.inbox.tolerant import Item, clock, duration, mapping, sequence, text

_SILENT = ("client_report", "session", "sessions", "profile", "profile_chunk", "trace_metric")
_FRAMES, _LONGEST_SOURCE, _MOST_ISSUES = 2, 100, 10_000
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
        self._console, self.url = console, url
        self._seen: Counter[str] = Counter()

    def show(self, item: Item) -> None:
        """Print one item; sessions, profiles and what SDKs report of themselves are not worth a line."""
        encoding = self._console.encoding or "utf-8"
        for line in self._lines(item):
            line.plain = line.plain.encode(encoding, "replace").decode(encoding)
            self._console.print(line, soft_wrap=True)

    def _lines(self, item: Item) -> list[Text]:
        kind = item["type"]
        if kind == "event":
            return self._error(item)
        if kind == "transaction":
            children = len(sequence(mapping(item["payload"]).get("spans")))
            counted = f"  {children} span" + ("" if children == 1 else "s")
            return [_request(item, root_span(item)).append(counted, "dim")]
        if kind == "span":
            return [_request(item, span) for span in segments(item)]
        if kind == "log":
            logs = summaries.logs(item)
            return [_head(log["time"], log["level"]).append(plain(log["body"])) for log in logs]
        return [] if kind in _SILENT else [_head(clock(item.get("received")), plain(kind)[:12], "dim")]

    def _error(self, item: Item) -> list[Text]:
        """Return a block for a new issue, a line for more of it: after the tenth, the twentieth, … the hundredth."""
        event = mapping(item["payload"])
        group, head = (
            group_of(event),
            _head(clock(item.get("received")), errors.level(event.get("level") or "error")),
        )
        head.append(plain(errors.title(event)), "bold")
        count = self._count(group)
        if count > 1:
            link = f"  {self.url}/issues/{group}" if self.url else ""
            is_told = count % 10 ** (len(str(count)) - 1) == 0
            return [head.append(f"  ×{count}", "yellow").append(link, "blue underline")] if is_told else []
        facts = [errors.request_line(event), *(text(event.get(name)) for name in ("release", "environment"))]
        lines = [_frame(*frame) for frame in errors.places(event, _FRAMES)]
        lines.append(Text("  ·  ".join(filter(None, map(plain, facts))), "dim"))
        lines.append(Text(f"{self.url}/errors/{item['id']}" if self.url else "", "blue underline"))
        return [head, *(Text(" " * 18).append(line) for line in lines if line.plain)]

    def _count(self, group: str) -> int:
        if len(self._seen) == _MOST_ISSUES:
            self._seen.clear()
        self._seen[group] += 1
        return self._seen[group]


class JsonLines:
    """Write each item as one line of JSON."""

    def __init__(self, stream: IO[str]) -> None:
        self._stream = stream

    def show(self, item: Item) -> None:
        """Write one item, at once."""
        self._stream.write(json.dumps(item) + "\n")
        self._stream.flush()


def _frame(place: str, source: str) -> Text:
    shown, line = Text(plain(place), "dim"), plain(source[:_LONGEST_SOURCE])
    return shown.append("  ").append(line, "not dim") if line else shown


def _request(item: Item, span: Span) -> Text:
    label = "request" if span.op == "http.server" else "trace"
    head = _head(clock(item.get("received")), label, "green").append(plain(span.name))
    status = "" if span.op == span.status else span.status
    styled = [(span.op, "dim"), (status, "red" if span.is_failed else "dim"), (duration(span.seconds), "dim")]
    for fact, style in styled:
        if fact:
            head.append("  " + plain(fact), style)
    return head


def _head(time: str, label: str, style: str | None = None) -> Text:
    return Text().append(f"{time:8}", "dim").append(f"  {label:8}", style or _LEVEL_STYLES[label])
