"""Tell what an error event says, for the pages and the terminal."""

from __future__ import annotations

from typing import Any, NamedTuple
from urllib.parse import urlsplit

from markupsafe import Markup, escape

from sentry_asgi_autoconf.inbox.source import coloured
from sentry_asgi_autoconf.inbox.tolerant import clock, mapping, moment, number, pairs, sequence, text


class SourceLine(NamedTuple):
    """One line of source around a frame's."""

    number: str
    html: Markup
    failing: bool


class Frame(NamedTuple):
    """One frame of a stack trace."""

    place: str
    function: str
    in_app: bool
    package: str
    lines: list[SourceLine]
    variables: list[tuple[str, str]]


class Raised(NamedTuple):
    """One exception of a chain; `relation` says how the one shown before it came of it."""

    type: str
    value: str
    relation: str
    unhandled: bool
    frames: list[Frame]


class Crumb(NamedTuple):
    """One breadcrumb."""

    time: str
    category: str
    level: str
    message: str
    data: list[tuple[str, str]]


_LEVELS = ("fatal", "error", "warning", "info", "debug")
_RELATIONS = {"__cause__": "raised from", "__context__": "raised while handling"}


def level(value: Any) -> str:
    """Return one of Sentry's levels; what is none counts as info."""
    named = text(value).lower()
    return {"warn": "warning", "critical": "fatal"}.get(named, named if named in _LEVELS else "info")


def title(event: Any) -> str:
    """Return what went wrong in a line: the exception last raised, or the message."""
    event = mapping(event)
    raised = [mapping(value) for value in sequence(event.get("exception"))]
    if raised:
        kind, value = text(raised[-1].get("type")), text(raised[-1].get("value"))
        return ": ".join(part for part in (kind, value) if part) or "Unnamed exception"
    entry = event.get("logentry")
    message = mapping(entry).get("formatted") or mapping(entry).get("message") or event.get("message")
    return text(mapping(message).get("formatted") or message) or "Event without a message"


def place(event: Any) -> str:
    """Return `file:line in function` of the innermost frame of the app's own code, or of any."""
    frames = [mapping(frame) for frame in _raw_frames(event)]
    own = [frame for frame in frames if frame.get("in_app") is not False]
    for frame in reversed(own or frames):
        function = text(frame.get("function"))
        return _place(frame) + (f" in {function}" if function else "")
    return ""


def request_line(event: Any) -> str:
    """Return method and path of the request, `GET /x`."""
    request = mapping(mapping(event).get("request"))
    try:
        path = urlsplit(text(request.get("url"))).path
    except ValueError:
        path = text(request.get("url"))
    return " ".join(part for part in (text(request.get("method")), path) if part)


def chain(event: Any) -> list[Raised]:
    """Return the exceptions, the one last raised first, each with its frames, innermost first.

    An event without exceptions that has a stack trace (a captured message) yields one without a type.
    """
    event = mapping(event)
    values = [mapping(value) for value in reversed(sequence(event.get("exception")))]
    if not values:
        frames = _raw_frames(event)
        return [Raised("", title(event), "", False, _frames(frames))] if frames else []
    return [_raised(value, first=position == 0) for position, value in enumerate(values)]


def breadcrumbs(event: Any) -> list[Crumb]:
    """Return the breadcrumbs, oldest first."""
    crumbs = [mapping(crumb) for crumb in sequence(mapping(event).get("breadcrumbs"))]
    return [
        Crumb(
            clock(moment(crumb.get("timestamp"))),
            text(crumb.get("category")) or text(crumb.get("type")) or "default",
            level(crumb.get("level")),
            text(crumb.get("message")),
            [(name, text(value)) for name, value in pairs(crumb.get("data"))],
        )
        for crumb in crumbs
    ]


def _raised(value: dict[str, Any], first: bool) -> Raised:
    mechanism = mapping(value.get("mechanism"))
    relation = (
        "" if first else _RELATIONS.get(text(mechanism.get("source")), "raised from, or while handling")
    )
    frames = _frames(sequence(mapping(value.get("stacktrace")).get("frames")))
    unhandled = first and mechanism.get("handled") is False
    return Raised(text(value.get("type")), text(value.get("value")), relation, unhandled, frames)


def _raw_frames(event: Any) -> list[Any]:
    event = mapping(event)
    raised = [mapping(value) for value in sequence(event.get("exception"))]
    for holder in [*reversed(raised), *map(mapping, sequence(event.get("threads"))), event]:
        frames = sequence(mapping(holder.get("stacktrace")).get("frames"))
        if frames:
            return frames
    return []


def _frames(raw: list[Any]) -> list[Frame]:
    return [_frame(mapping(frame)) for frame in reversed(raw)]


def _frame(frame: dict[str, Any]) -> Frame:
    variables = [(name, text(value)) for name, value in pairs(frame.get("vars"))]
    return Frame(
        place=_place(frame),
        function=text(frame.get("function")) or "?",
        in_app=frame.get("in_app") is not False,
        package=text(frame.get("module")).partition(".")[0] or _place(frame),
        lines=_lines(frame),
        variables=variables,
    )


def _place(frame: dict[str, Any]) -> str:
    name = text(frame.get("filename")) or text(frame.get("abs_path")) or text(frame.get("module")) or "?"
    line = number(frame.get("lineno"))
    return name if line is None else f"{name}:{line:.0f}"


def _lines(frame: dict[str, Any]) -> list[SourceLine]:
    before, after = sequence(frame.get("pre_context")), sequence(frame.get("post_context"))
    if frame.get("context_line") is None:
        return []
    plain = [text(line).rstrip("\r\n") for line in (*before, frame["context_line"], *after)]
    is_python = text(frame.get("platform") or "python") == "python"
    html = coloured(plain) if is_python else [escape(line) for line in plain]
    failing = number(frame.get("lineno"))
    numbers = (
        [""] * len(html)
        if failing is None
        else [f"{failing - len(before) + offset:.0f}" for offset in range(len(html))]
    )
    return [SourceLine(numbers[at], line, at == len(before)) for at, line in enumerate(html)]
