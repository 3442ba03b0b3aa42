"""Find the tests of the quick loop, which start no process, by what they name; nobody keeps a list."""

from __future__ import annotations

import functools
import inspect
import subprocess
import sys
from types import CodeType, FunctionType, ModuleType
from typing import Any, Generator, Iterator

import pytest

# Audit events. The SDK asks git for a release, where none is set.
_STARTS = ("subprocess.Popen", "os.fork", "os.posix_spawn", "os.exec")
_HOUSE = "tests.house."  # runs the checks of style, types and layers


def is_quick(item: pytest.Item) -> bool:
    """Return whether a test of the house rules, or one that neither starts a process nor draws random samples."""
    if not isinstance(item, pytest.Function) or item.module.__name__.startswith(_HOUSE):
        return True
    definitions = item._fixtureinfo.name2fixturedefs.values()
    fixtures = (each.func for found in definitions for each in found)
    return "hypothesis" not in item.keywords and not any(map(reaches_subprocess, (item.function, *fixtures)))


@functools.lru_cache(maxsize=None)
def reaches_subprocess(thing: Any) -> bool:
    """Return whether a function or class of the tests names `subprocess`, or another one that does."""
    pending, seen = [thing], {id(thing)}
    while pending:
        for found in _named(pending.pop()):
            if found is subprocess:
                return True
            if str(getattr(found, "__module__", "")).startswith("tests.") and id(found) not in seen:
                seen.add(id(found))
                pending.append(found)
    return False


def _named(thing: Any) -> Iterator[Any]:
    """Yield the globals that a function, or a method of a class, names, and the attributes of modules among them."""
    for function in _functions(thing):
        for code in _codes(function.__code__):
            for found in (
                function.__globals__[name] for name in code.co_names if name in function.__globals__
            ):
                yield found
                if isinstance(found, ModuleType) and found is not subprocess:
                    yield from (getattr(found, name) for name in code.co_names if hasattr(found, name))


def _functions(thing: Any) -> Iterator[FunctionType]:
    members = vars(thing).values() if isinstance(thing, type) else [thing]
    for member in members:
        member = inspect.unwrap(getattr(member, "__func__", None) or getattr(member, "fget", None) or member)
        if isinstance(member, FunctionType):
            yield member


def _codes(code: CodeType) -> Iterator[CodeType]:
    yield code
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _codes(constant)


class Watch:
    """A pytest plugin: fails a quick test that starts a process all the same, as it was not told from its names."""

    def __init__(self) -> None:
        self._started: list[str] | None = None
        sys.addaudithook(self._note)

    def _note(self, event: str, arguments: tuple[Any, ...]) -> None:
        if self._started is not None and event.startswith(_STARTS) and "git" not in arguments:
            self._started.append(f"{event} {arguments[:2]}")

    @pytest.hookimpl(wrapper=True)
    def pytest_pyfunc_call(self, pyfuncitem: pytest.Function) -> Generator[None, object, object]:
        """Watch one test."""
        is_watched = "quick" in pyfuncitem.keywords and not pyfuncitem.module.__name__.startswith(_HOUSE)
        self._started = [] if is_watched else None
        try:
            return (yield)
        finally:
            started, self._started = self._started, None
            if started:
                raise AssertionError(f"a quick test starts a process: {started}")
