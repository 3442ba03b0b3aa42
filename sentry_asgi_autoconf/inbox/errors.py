"""Read what an error event says, for the pages and the terminal."""

from __future__ import annotations

import contextlib
from typing import Any, Iterable
from urllib.parse import urlsplit

from markupsafe import Markup, escape
from pygments.lexers.python import PythonLexer  # type: ignore[import-untyped]  # ships no types
from pygments.token import Comment, Keyword, Name, Number, Operator, String  # type: ignore[import-untyped]  # same

from sentry_asgi_autoconf.inbox.tolerant import Shown, clock, mapping, number, pairs, sequence, text

_LEVELS = ("fatal", "error", "warning", "info", "debug")
_RELATIONS = {"__cause__": "raised from", "__context__": "raised while handling"}
_CSS_CLASSES = {Comment: "c", Keyword: "k", Operator.Word: "k", String: "s", Number: "m"}
_CSS_CLASSES.update(dict.fromkeys((Name.Function, Name.Class, Name.Decorator), "f"))
_CSS_CLASSES.update({Name.Builtin: "b", Name.Exception: "b"})
# Context lines are short; an attacker's or a minified file's need not be lexed.
_LONGEST = 20_000
_LONGEST_TITLE = 1000


def level(value: Any) -> str:
    """Return one of Sentry's levels; what is not one counts as info."""
    named = text(value).lower()
    return {"warn": "warning", "critical": "fatal"}.get(named, named if named in _LEVELS else "info")


def title(event: dict[str, Any]) -> str:
    """Return what went wrong in a line: the exception last raised, or the message."""
    raised = sequence(event.get("exception"))
    if raised:
        last = mapping(raised[-1])
        named = (text(last.get(key)) for key in ("type", "value"))
        return _cut(": ".join(filter(None, named))) or "Unnamed exception"
    entry = mapping(event, "logentry")
    message = entry.get("formatted") or entry.get("message") or event.get("message")
    return _cut(text(mapping(message).get("formatted") or message)) or "Event without a message"


def places(event: dict[str, Any], most: int = 1) -> list[tuple[str, str]]:
    """Return `file:line in function` and source of the innermost frames of the app's own code, or else of any, last."""
    frames = [mapping(frame) for frame in frames_of(event)]
    own = [frame for frame in frames if frame.get("in_app") is not False]
    return [
        (
            " in ".join(filter(None, (_place(frame), text(frame.get("function"))))),
            text(frame.get("context_line")).strip(),
        )
        for frame in (own or frames)[-most:]
    ]


def place(event: dict[str, Any]) -> str:
    """Return `file:line in function` of the innermost of these frames."""
    return "".join(where for where, _ in places(event))


def request_line(event: dict[str, Any]) -> str:
    """Return method and path of the request, `GET /x`."""
    request = mapping(event, "request")
    path = text(request.get("url"))
    with contextlib.suppress(ValueError):
        path = urlsplit(path).path
    return " ".join(filter(None, (text(request.get("method")), path)))


def frames_of(event: dict[str, Any]) -> list[Any]:
    """Return the frames of the exception last raised that has some, or of a message, the innermost last."""
    raised, threads = sequence(event.get("exception")), sequence(event.get("threads"))
    holders = (*reversed(raised), *threads, event)
    found = (sequence(mapping(holder, "stacktrace").get("frames")) for holder in holders)
    return next(filter(None, found), [])


def chain(event: dict[str, Any]) -> list[Shown]:
    """Return the exceptions, the last raised first, and how the one before came of each; also a message's stack."""
    raised = [mapping(value) for value in reversed(sequence(event.get("exception")))]
    if raised:
        return [_raised(value, is_first=value is raised[0]) for value in raised]
    frames = _frames(frames_of(event))
    shown = {"type": "", "value": title(event), "relation": "", "unhandled": False, "frames": frames}
    return [shown] if frames else []


def breadcrumbs(event: dict[str, Any]) -> list[Shown]:
    """Return the breadcrumbs, oldest first."""
    return [
        {
            "time": clock(crumb.get("timestamp")),
            "category": text(crumb.get("category")) or text(crumb.get("type")) or "default",
            "level": level(crumb.get("level")),
            "message": text(crumb.get("message")),
            "data": [(name, text(value)) for name, value in pairs(crumb.get("data"))],
        }
        for crumb in map(mapping, sequence(event.get("breadcrumbs")))
    ]


def _cut(title: str) -> str:
    return title if len(title) <= _LONGEST_TITLE else f"{title[:_LONGEST_TITLE]}…"


def _raised(value: dict[str, Any], *, is_first: bool) -> Shown:
    mechanism = mapping(value, "mechanism")
    relation = _RELATIONS.get(text(mechanism.get("source")), "raised from, or while handling")
    return {
        "type": text(value.get("type")),
        "value": text(value.get("value")),
        "relation": "" if is_first else relation,
        "unhandled": is_first and mechanism.get("handled") is False,
        "frames": _frames(sequence(mapping(value, "stacktrace").get("frames"))),
    }


def _frames(raw: list[Any]) -> list[Shown]:
    return [
        {
            "place": _place(frame),
            "function": text(frame.get("function")) or "?",
            "in_app": frame.get("in_app") is not False,
            "package": text(frame.get("module")).partition(".")[0] or _place(frame),
            "lines": _lines(frame),
            "variables": [(name, text(value)) for name, value in pairs(frame.get("vars"))],
        }
        for frame in map(mapping, reversed(raw))
    ]


def _place(frame: dict[str, Any]) -> str:
    name = text(frame.get("filename")) or text(frame.get("abs_path")) or text(frame.get("module")) or "?"
    line = number(frame.get("lineno"))
    return name if line is None else f"{name}:{line:.0f}"


def _lines(frame: dict[str, Any]) -> list[Shown]:
    if frame.get("context_line") is None:
        return []
    before, after = sequence(frame.get("pre_context")), sequence(frame.get("post_context"))
    plain = [text(line).rstrip("\r\n") for line in (*before, frame["context_line"], *after)]
    is_python = text(frame.get("platform") or "python") == "python"
    failing = number(frame.get("lineno"))
    return [
        {
            "number": "" if failing is None else f"{failing - len(before) + position:.0f}",
            "html": html,
            "failing": position == len(before),
        }
        for position, html in enumerate(_coloured(plain) if is_python else map(escape, plain))
    ]


def _coloured(lines: list[str]) -> Iterable[Markup]:
    escaped = [escape(line) for line in lines]
    joined = "\n".join(lines)
    if len(joined) > _LONGEST or "\r" in joined:
        return escaped
    result = [Markup("")]
    for token, value in PythonLexer(stripnl=False, ensurenl=False).get_tokens(joined):
        css = next((css for kind, css in _CSS_CLASSES.items() if token in kind), None)
        first, *others = (
            Markup('<span class="{}">{}</span>').format(css, part) if css and part else escape(part)
            for part in value.split("\n")
        )
        result[-1] += first
        result += others
    return result if len(result) == len(lines) else escaped
