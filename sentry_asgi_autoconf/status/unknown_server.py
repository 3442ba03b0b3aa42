"""Notice a server that has no adapter, where somebody wants to be told: at level info.

What it serves is noticed as the app class of a framework is called.
"""

from __future__ import annotations

import functools
import itertools
import os
import sys
from types import FunctionType

from sentry_asgi_autoconf import console, exceptions, import_hook

TYPE_CHECKING = False  # a process that imports a framework need not import typing for us
if TYPE_CHECKING:
    from types import ModuleType
    from typing import Any, Callable, Iterator

# Modules of frameworks → the class whose objects are called with an ASGI scope. The bootstrap knows the modules too.
APP_CLASSES = {
    "django.core.handlers.asgi": "ASGIHandler",
    "fastapi.applications": "FastAPI",
    "litestar.app": "Litestar",
    "quart.app": "Quart",
    "sanic.app": "Sanic",
    "starlette.applications": "Starlette",
}
_SCOPES = ("http", "lifespan", "websocket")

# Who calls an app in its own process, and serves nothing: by packages, and by the words in a module's name.
_CLIENTS = ("aiohttp_asgi_connector", "asgi_lifespan", "httpx")
_WORDS_OF_TESTS = {"pytest", "test", "testclient", "testing", "tests", "unittest"}
# Below these in the stack is nobody who called the app.
_EVENT_LOOPS = ("anyio", "asyncio", "concurrent", "threading", "trio", "uvloop")

_watched: list[WatchedCall] = []
_is_over = False


def is_wanted() -> bool:
    """Whether the line would be shown."""
    # Before 3.8 inspect does not look into partials: servers would take the app for a synchronous one.
    return console.shows("info") and sys.version_info >= (3, 8)


def watch(module: ModuleType) -> None:
    """Notice the first call of the app class that `module` defines."""
    if is_wanted() and not _is_over:
        watched = WatchedCall(getattr(module, APP_CLASSES[module.__name__]), _notice)
        watched.begin()
        _watched.append(watched)


def unwatch() -> None:
    """Leave the app classes as they were, now and from now on: the process has decided, or was told of."""
    global _is_over
    _is_over = True
    while _watched:
        _watched.pop().end()


def _notice(app: Any, scope: Any = None, receive: Any = None, send: Any = None, *_: Any, **__: Any) -> None:
    # Some servers call an app without anything, to see whether it is a factory.
    if not isinstance(scope, dict) or scope.get("type") not in _SCOPES:
        return
    handed = [getattr(function, "__module__", None) or "" for function in (receive, send)]
    callers = list(_modules_of_callers())
    if any(map(_is_client, [*handed, *callers])):
        return
    is_first = not _is_over
    unwatch()
    if is_first:
        _tell(type(app), _outermost(callers) or handed[0])


def _modules_of_callers() -> Iterator[str]:
    """Return the modules of the frames on the stack, innermost first, without ours."""
    frame: Any = sys._getframe(1)
    while frame is not None:
        # `python -m` calls a module __main__, whose spec has its name.
        name = getattr(frame.f_globals.get("__spec__"), "name", None) or frame.f_globals.get("__name__", "")
        if name.partition(".")[0] != "sentry_asgi_autoconf":
            yield str(name)
        frame = frame.f_back


def _is_client(module: str) -> bool:
    words = module.replace("_", ".").split(".")
    return module.partition(".")[0] in _CLIENTS or not _WORDS_OF_TESTS.isdisjoint(words)


def _outermost(callers: list[str]) -> str:
    """Return the last of the callers before the event loop: others between it and the app are middleware."""
    below = itertools.takewhile(lambda module: module.partition(".")[0] not in _EVENT_LOOPS, callers)
    return next(reversed(list(below)), "")


def _tell(kind: type, server: str) -> None:
    from sentry_asgi_autoconf.activation import decision

    if decision.find_settings(os.environ, None).may_name_destination():
        app = f"{kind.__module__}.{kind.__qualname__}"
        outcome = "and has no adapter: what it serves is not instrumented"
        what = f"{server or 'An unknown module'} serves {app}, {outcome}"
        remedy = (
            "Serve sentry_asgi_autoconf.wrap(app) in place of the app, or give the server an adapter,"
            " as docs/adapters.md says."
        )
        console.say("info", exceptions.UnknownServerError(what, remedy=remedy))


class WatchedCall:
    """What stands for `__call__` on the class in the meantime."""

    def __init__(self, kind: Any, notice: Callable[..., None]) -> None:
        """Take the class, and what is called with its object and with the arguments of each call."""
        self._kind = kind
        self._notice = notice
        self._original: Any = vars(kind).get("__call__")
        self._is_over = False

    def begin(self) -> None:
        """Watch, unless the class has no `__call__` of its own, or what has patched it is no function."""
        if isinstance(self._original, FunctionType):
            self._kind.__call__ = self

    def end(self) -> None:
        """Put the original back; where another has patched the class since then, and holds this, only be still."""
        self._is_over = True
        if vars(self._kind).get("__call__") is self:
            self._kind.__call__ = self._original

    def __get__(self, instance: Any, kind: Any = None) -> Any:
        """Return what notices the call of an object; the function itself to who patches the class."""
        if instance is None or self._is_over:
            return self._original.__get__(instance, kind)
        return _Call(self._original, instance, self._notice)


class _Call(functools.partial):  # type: ignore[type-arg] # not to be subscripted before Python 3.9
    """A bound `__call__`: a partial, as inspect sees a coroutine function in the partial of one."""

    _notice: Callable[..., None]

    def __new__(cls, function: Any, instance: Any, notice: Callable[..., None]) -> _Call:
        call = super().__new__(cls, function, instance)
        call._notice = notice
        return call

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        import_hook.guarded(lambda: self._notice(*self.args, *args, **kwargs), exceptions.of_stage)
        # Not awaited here: the coroutine is the app's own.
        return self.func(*self.args, *args, **kwargs)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.func.__get__(*self.args), name)
