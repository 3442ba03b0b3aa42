"""Post-import hook: call back when a watched module has been imported. Imports nothing but os and sys."""

import os
import sys

TYPE_CHECKING = False  # typing would cost every interpreter 7 ms, and __future__ is one import more
if TYPE_CHECKING:
    from importlib.machinery import ModuleSpec
    from types import ModuleType
    from typing import Any, Callable, Dict, List, Optional, Sequence, Set

# The servers' modules that tell of an app about to be served: the built-in entry points' names, which
# cannot be read at interpreter start for next to no cost (a test holds the two together).
TRIGGERS = ("fastapi_cli.cli", "uvicorn.config", "uvicorn.server")

# import.c cuts the frames of files by this name out of tracebacks, as it does with importlib's own.
_IMPORT_MACHINERY = "<frozen importlib._bootstrap>"

_directories: "Set[str]" = set()  # bootstrap directories that have started, none of which may be chained to


def start(directory: str) -> None:
    """Install the hook once per process, then run the sitecustomize that `directory` shadows.

    Whatever that file raises leaves here, so that site reports it just as it would without us.
    """
    first = not _directories
    _directories.add(directory)
    if first and _is_on(os.environ.get("SENTRY_ASGI_ENABLED", "")):
        _guarded(_install, directory)
    _run_shadowed_sitecustomize()


def _is_on(text: str) -> bool:
    return text.strip().lower() not in ("0", "f", "false", "n", "no", "off", "disabled")


def _install(directory: str) -> None:
    def join(module: "ModuleType") -> None:
        _runtime(directory).join_server(module)

    watched = os.environ.get("SENTRY_ASGI_WATCH", "").split(",")
    for name in TRIGGERS + tuple(name.strip() for name in watched if name.strip()):
        watch(name, join)
    if os.environ.get("SENTRY_ASGI_PROCESSES", "").strip().lower() == "all":
        _runtime(directory).activate()


def _runtime(directory: str) -> "Any":
    """Import the runtime: from beside the bootstrap, last on the path, where the environment lacks the package."""
    try:
        import sentry_asgi_autoconf.runtime
    except ModuleNotFoundError as error:
        if error.name != "sentry_asgi_autoconf":
            raise
        sys.path.append(os.path.dirname(os.path.dirname(directory)))
        import sentry_asgi_autoconf.runtime
    return sentry_asgi_autoconf.runtime


def watch(name: str, callback: "Callable[[ModuleType], None]") -> None:
    """Call `callback(module)` each time that module `name` has been executed, at once if it already has been."""
    if _finder not in sys.meta_path:
        sys.meta_path.insert(0, _finder)
    _finder.callbacks.setdefault(name, []).append(callback)
    if name in sys.modules:
        _guarded(callback, sys.modules[name])


def _guarded(function: "Callable[[Any], None]", argument: "Any") -> None:
    # The first of the two fail-open boundaries: nothing of ours may keep a process from its work.
    try:
        function(argument)
    except Exception as error:
        report(f"{type(error).__name__}: {error}. The process goes on without Sentry. [unexpected-error]")


def report(text: str) -> None:
    """Write one line to stderr, if there is one that takes it."""
    try:
        sys.stderr.write(f"sentry-asgi-autoconf: {' '.join(text.split())}\n")
        sys.stderr.flush()
    except (AttributeError, OSError, ValueError):  # None, broken, closed
        pass


class _Finder:
    """Answer for watched modules with the other finders' spec, its loader replaced until it is used."""

    def __init__(self) -> None:
        self.callbacks: "Dict[str, List[Callable[[ModuleType], None]]]" = {}
        self._searching: "Set[str]" = set()

    def find_spec(
        self, name: str, path: "Optional[Sequence[str]]" = None, target: "Optional[ModuleType]" = None
    ) -> "Optional[ModuleSpec]":
        """Give the others' spec for a watched module, None for any other and while already searching for this one."""
        # wrapt's finder, among others, searches all finders from within its own search.
        if name not in self.callbacks or name in self._searching:
            return None
        self._searching.add(name)
        try:
            spec = self._others_spec(name, path, target)
        finally:
            self._searching.discard(name)
        if spec is not None and hasattr(spec.loader, "exec_module"):
            spec.loader = _Loader(spec.loader, self.callbacks[name])  # type: ignore[assignment] # a stand-in
        return spec

    def _others_spec(
        self, name: str, path: "Optional[Sequence[str]]", target: "Optional[ModuleType]"
    ) -> "Optional[ModuleSpec]":
        for finder in sys.meta_path:
            if finder is not self and hasattr(finder, "find_spec"):
                spec = finder.find_spec(name, path, target)
                if spec is not None:
                    return spec
        return None


class _Loader:
    """Stand in for a module's loader until it executes the module."""

    def __init__(self, loader: "Any", callbacks: "List[Callable[[ModuleType], None]]") -> None:
        self._loader = loader
        self._callbacks = callbacks

    def __getattr__(self, name: str) -> "Any":
        return getattr(self._loader, name)

    def create_module(self, spec: "ModuleSpec") -> "Optional[ModuleType]":
        """Create the module as its own loader does."""
        module: "Optional[ModuleType]" = self._loader.create_module(spec)
        return module

    def exec_module(self, module: "Any") -> None:
        """Put the module's own loader back, execute the module, call back."""
        # The module must find its own loader while it executes, as it would without us.
        module.__loader__ = module.__spec__.loader = self._loader
        self._loader.exec_module(module)
        for callback in self._callbacks:
            _guarded(callback, module)


if sys.version_info >= (3, 8):  # 3.7 cannot replace a code object's file name: one more frame shows there
    _Loader.exec_module.__code__ = _Loader.exec_module.__code__.replace(co_filename=_IMPORT_MACHINERY)

_finder = _Finder()


class _ShadowedFinder:
    """Answer one search for sitecustomize with the file that the bootstrap directories hide."""

    def __init__(self, spec: "ModuleSpec") -> None:
        self._spec = spec

    def find_spec(self, name: str, path: "Any" = None, target: "Any" = None) -> "Optional[ModuleSpec]":
        """Give the shadowed file's spec for its name."""
        return self._spec if name == self._spec.name else None


def _run_shadowed_sitecustomize() -> None:
    entries = [entry for entry in sys.path if os.path.abspath(entry) not in _directories]
    spec = sys.modules["_frozen_importlib_external"].PathFinder.find_spec("sitecustomize", entries)
    if spec is None:
        return
    finder = _ShadowedFinder(spec)
    sys.meta_path.insert(0, finder)
    # Dropped, so that the import below executes theirs and sys.modules ends as it would without us.
    sys.modules.pop("sitecustomize", None)
    try:
        import sitecustomize  # type: ignore[import-not-found] # noqa: F401 (imported to run it)
    finally:
        sys.meta_path.remove(finder)
