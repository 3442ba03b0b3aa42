"""The ways to call a function that a release of its server might have, or that a caller might err in."""

from __future__ import annotations

import functools
import inspect
import itertools
import types
from typing import Any, Iterator


class CallableObject:
    """An app, a loader, or anything else that can be called."""

    async def __call__(self, *arguments: Any) -> None: ...


class ASGIWrapper(CallableObject):
    """What hypercorn makes of an app."""

    def __init__(self) -> None:
        self.app = app


class Unkind:
    """A value that answers no question."""

    def __getattribute__(self, name: str) -> Any:
        raise ZeroDivisionError(name)

    def __eq__(self, other: object) -> bool:
        raise ZeroDivisionError

    def __bool__(self) -> bool:
        raise ZeroDivisionError

    def __str__(self) -> str:
        raise ZeroDivisionError

    __hash__ = object.__hash__


async def app(scope: Any, receive: Any, send: Any) -> None:
    """Be an app that exclusions can name, as this module's variable."""


callable_object = CallableObject()
loader = functools.partial(lambda *arguments: app, "tests.servers.odd_calls:app")
hypercorns_wrapper = ASGIWrapper()
unkind = Unkind()
result = CallableObject()

VALUES: dict[str, Any] = {
    "None": None,
    "a number": 7,
    "bytes": b"wsgi:app",
    "a list": ["--interface", 3],
    "an import string": "tests.servers.odd_calls:app",
    "another text": "wsgi:",
    "an app": app,
    "a callable object": callable_object,
    "a class": CallableObject,
    "a loader": loader,
    "hypercorn's wrapper": hypercorns_wrapper,
    "Modal's definition": types.SimpleNamespace(
        type=1, webhook_config=types.SimpleNamespace(type=1), method_definitions={}
    ),
    "an unkind object": unkind,
}
# Names that a replacement might give to what it is passed itself.
EXTRA = ("added_in_a_later_release", "original", "call", "func", "args", "steps", "instance")
ERRORS = [
    ValueError("the server's"),
    RuntimeError("the server's"),
    StopIteration("the server's"),
    SystemExit(5),
    KeyboardInterrupt(),
    GeneratorExit(),
]


def calls(signature: inspect.Signature) -> Iterator[tuple[tuple[Any, ...], dict[str, Any]]]:
    """Return the arguments of all ways to call a function that a server might have, or a caller might err in."""
    named = [
        each
        for each in signature.parameters.values()
        if each.kind not in (each.VAR_KEYWORD, each.VAR_POSITIONAL)
    ]
    positional = [each.name for each in named if each.kind is not each.KEYWORD_ONLY]
    only_by_name = {each.name: app for each in named if each.kind is each.KEYWORD_ONLY}
    apps: list[Any] = [app] * len(positional)
    yield (), {}
    yield tuple(apps), only_by_name
    yield (), {**dict(zip(positional, apps)), **only_by_name}
    yield (*apps, "one more"), only_by_name
    for extra in EXTRA:
        yield tuple(apps), {**only_by_name, extra: app}
    for value in VALUES.values():
        values = [value] * len(positional)
        yield tuple(values), dict.fromkeys(only_by_name, value)
        yield (), {**dict(zip(positional, values)), **dict.fromkeys(only_by_name, value)}
    for position, value in itertools.product(range(min(len(positional), 6)), VALUES.values()):
        yield (*apps[:position], value, *apps[position + 1 :]), only_by_name


def releases(signature: inspect.Signature) -> Iterator[inspect.Signature]:
    """Return the signature of this release, and of some that might follow."""
    parameters = list(signature.parameters.values())
    yield signature
    ends = [each for each in parameters if each.kind is each.VAR_KEYWORD]
    others = [each for each in parameters if each.kind is not each.VAR_KEYWORD]
    added = inspect.Parameter("added_in_a_later_release", inspect.Parameter.KEYWORD_ONLY, default=None)
    yield signature.replace(parameters=[*others, added, *ends])
    yield inspect.signature(lambda *args, **kwargs: None)  # decorated by somebody
    renamed = [each.replace(name=f"renamed_{each.name}") for each in parameters if each.name != "self"]
    yield signature.replace(parameters=[*parameters[: len(parameters) - len(renamed)], *renamed])


def shown(args: tuple[Any, ...], kwargs: dict[str, Any]) -> str:
    """Name what is passed, without asking it."""
    names = {id(value): name for name, value in VALUES.items()}
    words = [names.get(id(value), type(value).__name__) for value in args]
    return f"({', '.join([*words, *(f'{name}={names.get(id(value))}' for name, value in kwargs.items())])})"
