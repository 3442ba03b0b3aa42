"""Watch modules while they are executed, and leave no trace on them: what all our finders share."""

from __future__ import annotations

import sys
from _thread import get_ident

TYPE_CHECKING = False  # a process that imports a server need not import typing for us
if TYPE_CHECKING:
    from importlib.machinery import ModuleSpec
    from types import ModuleType
    from typing import Any, Callable, Iterator, Protocol, TypeVar

    T = TypeVar("T")

    class Observer(Protocol):
        """What is told of a module's execution, in the thread that imports it."""

        def begins(self, module: ModuleType) -> None:
            """Take note that the module is about to be executed."""

        def ends(self, module: ModuleType, succeeded: bool) -> None:
            """Take note that the module has been executed, or has failed."""


_searches: set[tuple[int, int, str]] = set()


def find_spec(finder: object, name: str, path: Any, target: Any) -> ModuleSpec | None:
    """Return the spec that the finders other than `finder` have for a module, each asked once."""
    # wrapt's finder, among others, searches all finders from within its own search.
    search = (id(finder), get_ident(), name)
    if search in _searches:
        return None
    _searches.add(search)
    try:
        others = (each for each in sys.meta_path if each is not finder and hasattr(each, "find_spec"))
        found = (other.find_spec(name, path, target) for other in others)
        return next((spec for spec in found if spec is not None), None)
    finally:
        _searches.discard(search)


def watch(spec: ModuleSpec, observer: Observer) -> None:
    """Have `observer` told of the execution of the module that is made from `spec`."""
    if hasattr(spec.loader, "exec_module"):
        spec.loader = _Loader(spec.loader, observer)  # type: ignore[assignment] # a stand-in


class _Loader:
    """Stand in for a module's loader until it executes the module."""

    def __init__(self, loader: Any, observer: Observer) -> None:
        self._loader = loader
        self._observer = observer

    def __getattr__(self, name: str) -> Any:
        if name == "_loader":  # not set yet, while it is copied
            raise AttributeError(name)
        return getattr(self._loader, name)

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:
        """Create the module as its own loader does."""
        module: ModuleType | None = self._loader.create_module(spec)
        return module

    def exec_module(self, module: Any) -> None:
        """Put the module's own loader back, execute the module, tell the observer."""
        # The module must find its own loader while it executes, as it would without us.
        module.__loader__ = module.__spec__.loader = self._loader
        self._observer.begins(module)
        succeeded = False
        try:
            self._loader.exec_module(module)
            succeeded = True
        finally:
            self._observer.ends(module, succeeded)


# The frame above would stand between importlib's and the module's in the traceback of each boot that fails. Nothing
# but a frame around its execution tells that a module has been executed, and Python puts one that it has left back into
# the traceback of what is raised on. CPython's import.c cuts out importlib's frames, known by their file's name:
# by that name this one goes too. It gains two lines fewer in what the server logs, and costs nothing. A CPython that
# knows its frames otherwise ends it: test_the_traceback_of_a_failing_module_is_as_without_us (tests/bootstrap) fails
# then. Python 3.7 cannot replace a code object's file name, and shows the frame.
if sys.version_info >= (3, 8):
    _Loader.exec_module.__code__ = _Loader.exec_module.__code__.replace(
        co_filename="<frozen importlib._bootstrap>"
    )


def references(package: str, value: object) -> Iterator[tuple[ModuleType, str]]:
    """Yield the modules of a package that have imported `value` by name, and the names."""
    for name, module in list(sys.modules.items()):
        # Whatever else a library may have put there need not have attributes.
        if isinstance(module, type(sys)) and f"{name}.".startswith(f"{package}."):
            yield from ((module, alias) for alias, found in list(vars(module).items()) if found is value)


def guarded(action: Callable[[], T], described: Callable[[Exception], object]) -> T | None:
    """Run what an import sets off, and return its result: the first of the two fail-open boundaries.

    Whatever it raises costs one line, which `described` makes of the error: nothing of ours may keep a process
    from its work.
    """
    try:
        return action()
    except Exception as error:
        from sentry_asgi_autoconf import console

        console.say("error", described(error))
        return None
