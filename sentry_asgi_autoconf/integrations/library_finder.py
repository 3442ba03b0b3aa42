"""Notice the import of libraries that integrations wait for, at the moment when all of them can be patched."""

from __future__ import annotations

import importlib
import sys
import threading
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any, Callable, Mapping

import sentry_sdk

from sentry_asgi_autoconf import import_hook
from sentry_asgi_autoconf.integrations import auto_enabling


class LibraryFinder:
    """A finder that answers for the libraries alone, and reports which have been executed.

    It does so when the outermost of those that import one another has ended, in the thread that imports it:
    the SDK's way too, a library is imported whole before anything is patched.
    """

    def __init__(self, on_import: Callable[[list[str]], None]) -> None:
        """Take the function that is called with the libraries' names."""
        self._on_import = on_import
        self._this_thread = _Imports()
        # Those that a thread is executing, or about to report.
        self._busy: list[str] = []

    def install(self) -> None:
        """Begin to watch."""
        if self not in sys.meta_path:
            sys.meta_path.insert(0, self)

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> ModuleSpec | None:
        """Return the spec of a library, None for anything else: all that any other import pays.

        Raises ModuleNotFoundError in modules of the SDK that can do without the library.
        """
        if name not in auto_enabling.WATCHED:
            return None
        if _is_refused(name):
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)
        spec = import_hook.find_spec(self, name, path, target)
        if spec is not None and auto_enabling.is_library(spec):
            import_hook.watch(spec, self)
        return spec

    def begins(self, module: ModuleType) -> None:
        """Take note of the library that this thread is about to execute."""
        self._this_thread.running.append(module.__name__)
        self._busy.append(module.__name__)

    def ends(self, module: ModuleType, succeeded: bool) -> None:
        """Report the libraries that this thread has executed, if this was the outermost."""
        imports = self._this_thread
        name = imports.running.pop()
        if succeeded:
            imports.ended.append(name)
        ended: list[str] = []
        if not imports.running:
            ended, imports.ended = imports.ended, []
        try:
            if ended:
                self._on_import(ended)
        finally:
            # One that has failed is in sys.modules until here.
            for over in ended if succeeded else [*ended, name]:
                self._busy.remove(over)

    def has_imported(self, name: str) -> bool:
        """Whether a library is imported, and no thread `is_busy` with it."""
        return name in sys.modules and not self.is_busy(name)

    def is_busy(self, name: str) -> bool:
        """Whether a thread is executing a library, or about to report it."""
        return name in self._busy


class _Imports(threading.local):
    """The libraries that a thread is executing, outermost first, and those executed within them."""

    def __init__(self) -> None:
        self.running: list[str] = []
        self.ended: list[str] = []


_COMMON = "sentry_sdk.integrations._wsgi_common"
_SPOTLIGHT = "sentry_sdk.spotlight"
_STDLIB = "sentry_sdk.integrations.stdlib"

# What they look for as they are imported changes what they do.
_AT_IMPORT: Mapping[str, str] = {_COMMON: "django", _SPOTLIGHT: "django", _STDLIB: "botocore"}
# What they look for in a function: whether the app has imported it, or nothing that concerns this interpreter.
_LATER: Mapping[str, str] = {
    "sentry_sdk.integrations.flask": "quart",
    **({"sentry_sdk.integrations.threading": "django"} if sys.version_info >= (3, 9) else {}),
}
# What the integration calls at setup to patch the library that its module looks for.
_PATCH = "_patch_aws_connection"

_allowed: set[str] = set()
_without: set[str] = set()


def prepare(given: Mapping[str, Any]) -> None:
    """Let the SDK import, ahead of an init with these arguments, what it could not be given later."""
    if given.get("spotlight") is not False:
        _allow(_SPOTLIGHT)  # changes Django's settings at init
    for module in (_STDLIB, _COMMON):
        # Now, without the libraries: not while other threads are importing those.
        importlib.import_module(module)
    if not hasattr(sys.modules[_STDLIB], _PATCH):
        _allow(_STDLIB)


def look_again(library: str) -> None:
    """Have the modules find a library that has been imported meanwhile."""
    for module in [module for module in _without if _AT_IMPORT[module] == library]:
        _execute_again(module)
        if module == _STDLIB and sentry_sdk.get_client().get_integration("stdlib") is not None:
            getattr(sys.modules[module], _PATCH)()


def _is_refused(library: str) -> bool:
    """Whether the import that is going on in this thread is one of a module that only looks for the library."""
    importer = _importer()
    if importer in _allowed or library not in (_AT_IMPORT.get(importer), _LATER.get(importer)):
        return False
    if importer in _AT_IMPORT:
        _without.add(importer)
    return True


def _importer() -> str:
    frame = sys._getframe(3)  # the import machinery, which asks the finder
    while frame.f_back is not None and frame.f_code.co_filename.startswith("<frozen importlib"):
        frame = frame.f_back
    return str(frame.f_globals.get("__name__"))


def _allow(module: str) -> None:
    _allowed.add(module)
    if module in _without:
        _execute_again(module)


def _execute_again(module: str) -> None:
    _without.discard(module)
    # In the same namespace, so that what the module has patched already sees the library.
    importlib.reload(sys.modules[module])
