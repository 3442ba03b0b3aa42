"""Colour Python source lines for the stack trace."""

from __future__ import annotations

from markupsafe import Markup, escape
from pygments.lexers.python import PythonLexer  # type: ignore[import-untyped]  # ships no types
from pygments.token import Comment, Keyword, Name, Number, Operator, String  # type: ignore[import-untyped]  # same

_CLASSES = {
    Comment: "c",
    Keyword: "k",
    Operator.Word: "k",
    String: "s",
    Number: "m",
    Name.Function: "f",
    Name.Class: "f",
    Name.Decorator: "f",
    Name.Builtin: "b",
    Name.Exception: "b",
}
# Context lines are short; an attacker's or a minified file's need not be lexed.
_LONGEST = 20_000


def coloured(lines: list[str]) -> list[Markup]:
    """Return `lines` as safe HTML, one for one."""
    joined = "\n".join(lines)
    if len(joined) > _LONGEST or "\r" in joined:
        return [escape(line) for line in lines]
    result = [Markup("")]
    for token, value in PythonLexer(stripnl=False, ensurenl=False).get_tokens(joined):
        css = _class_of(token)
        for position, part in enumerate(value.split("\n")):
            if position:
                result.append(Markup(""))
            if part:
                piece = Markup('<span class="{}">{}</span>').format(css, part) if css else escape(part)
                result[-1] += piece
    return result if len(result) == len(lines) else [escape(line) for line in lines]


def _class_of(token: object) -> str | None:
    return next((css for kind, css in _CLASSES.items() if token in kind), None)
