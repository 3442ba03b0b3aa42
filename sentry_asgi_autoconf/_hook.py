"""Post-import hook: tell the runtime when a trigger module has been executed, and leave no trace on the module."""

from __future__ import annotations

import os
import sys

TYPE_CHECKING = False  # a process that imports a server need not import typing for us
if TYPE_CHECKING:
    from importlib.machinery import ModuleSpec
    from types import ModuleType
    from typing import Any, Callable, Protocol

    class TriggerFinder(Protocol):
        """What the bootstrap's sitecustomize puts on sys.meta_path."""

        triggers: set[str]


# import.c cuts the frames of files by this name out of tracebacks, as it does with importlib's own.
_IMPORT_MACHINERY = "<frozen importlib._bootstrap>"

_searching: set[str] = set()


def begin(finder: TriggerFinder, everywhere: bool) -> None:
    """Catch up at interpreter start: with triggers imported already, and with `SENTRY_ASGI_PROCESSES=all`."""
    for name in finder.triggers.intersection(sys.modules):
        _notify(sys.modules[name])
    if everywhere:
        _guarded(_activate)


def find_spec(finder: TriggerFinder, name: str, path: Any, target: Any) -> ModuleSpec | None:
    """Give the other finders' spec for a trigger module, its loader replaced until it is used."""
    # wrapt's finder, among others, searches all finders from within its own search.
    if name in _searching:
        return None
    _searching.add(name)
    try:
        spec = _spec_of_others(finder, name, path, target)
    finally:
        _searching.discard(name)
    if spec is not None and hasattr(spec.loader, "exec_module"):
        spec.loader = _Loader(spec.loader)  # type: ignore[assignment] # a stand-in
    return spec


def _spec_of_others(finder: object, name: str, path: Any, target: Any) -> ModuleSpec | None:
    for other in sys.meta_path:
        if other is not finder and hasattr(other, "find_spec"):
            spec = other.find_spec(name, path, target)
            if spec is not None:
                return spec
    return None


class _Loader:
    """Stand in for a module's loader until it executes the module."""

    def __init__(self, loader: Any) -> None:
        self._loader = loader

    def __getattr__(self, name: str) -> Any:
        if name == "_loader":  # not set yet, while it is copied
            raise AttributeError(name)
        return getattr(self._loader, name)

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:
        """Create the module as its own loader does."""
        module: ModuleType | None = self._loader.create_module(spec)
        return module

    def exec_module(self, module: Any) -> None:
        """Put the module's own loader back, execute the module, tell the runtime."""
        # The module must find its own loader while it executes, as it would without us.
        module.__loader__ = module.__spec__.loader = self._loader
        self._loader.exec_module(module)
        _notify(module)


if sys.version_info >= (3, 8):  # 3.7 cannot replace a code object's file name: one more frame shows there
    _Loader.exec_module.__code__ = _Loader.exec_module.__code__.replace(co_filename=_IMPORT_MACHINERY)


def _activate() -> None:
    try:
        _runtime().activate()
    except SystemExit as refusal:
        # Strict mode refuses this process. site would make another status of it, and a traceback.
        os._exit(int(refusal.code or 0))


def _notify(module: ModuleType) -> None:
    _guarded(lambda: _runtime().join_server(module))


def _runtime() -> Any:
    from sentry_asgi_autoconf import runtime

    return runtime


def _guarded(function: Callable[[], Any]) -> None:
    # The first of the two fail-open boundaries: nothing of ours may keep a process from its work.
    try:
        function()
    except Exception as error:
        from sentry_asgi_autoconf import console
        from sentry_asgi_autoconf.exceptions import UnexpectedError

        console.say(
            "error", UnexpectedError(f"{type(error).__name__}: {error}: the process goes on without Sentry")
        )
