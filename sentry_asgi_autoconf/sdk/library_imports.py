"""Notice the import of libraries that integrations wait for, at the moment when all of them can be patched."""

from __future__ import annotations

import sys
import threading
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any, Callable

from sentry_asgi_autoconf import post_import
from sentry_asgi_autoconf.sdk import optional_imports, triggers


class LibraryFinder:
    """A finder that answers for the libraries alone, and tells which have been executed.

    It tells so when the outermost of those that import one another has ended, in the thread that imports it:
    the SDK's way too, a library is imported whole before anything is patched.
    """

    def __init__(self, on_import: Callable[[list[str]], None]) -> None:
        """Take the function that is told the libraries' names."""
        self._on_import = on_import
        self._this_thread = _Imports()
        self._busy: list[str] = []

    def install(self) -> None:
        """Begin to watch."""
        if self not in sys.meta_path:
            sys.meta_path.insert(0, self)

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> ModuleSpec | None:
        """Give the spec of a library, None for anything else: all that any other import pays.

        Raises ModuleNotFoundError in modules of the SDK that can do without the library.
        """
        if name not in triggers.WATCHED:
            return None
        if optional_imports.is_refused(name):
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)
        spec = post_import.find_spec(self, name, path, target)
        if spec is not None and triggers.is_library(spec):
            post_import.watch(spec, self)
        return spec

    def begins(self, module: ModuleType) -> None:
        """Take note of the library that this thread is about to execute."""
        self._this_thread.running.append(module.__name__)
        self._busy.append(module.__name__)

    def ends(self, module: ModuleType, succeeded: bool) -> None:
        """Tell of the libraries that this thread has executed, if this was the outermost."""
        imports = self._this_thread
        name = imports.running.pop()
        if succeeded:
            imports.ended.append(name)
        ended: list[str] = []
        if not imports.running:
            ended, imports.ended = imports.ended, ended
        try:
            if ended:
                self._on_import(ended)
        finally:
            # One that has failed is in sys.modules until here.
            for over in ended if succeeded else [*ended, name]:
                self._busy.remove(over)

    def has_imported(self, name: str) -> bool:
        """Whether a library is imported; not one that a thread is executing, or about to tell of."""
        return name in sys.modules and not self.is_busy(name)

    def is_busy(self, name: str) -> bool:
        """Whether a thread is executing a library, or about to tell of it."""
        return name in self._busy


class _Imports(threading.local):
    """The libraries that a thread is executing, outermost first, and those executed within them."""

    def __init__(self) -> None:
        self.running: list[str] = []
        self.ended: list[str] = []
