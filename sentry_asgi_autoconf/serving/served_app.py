"""The outermost layer around a served app: it remembers the request and watches the lifespan."""

from __future__ import annotations

import asyncio
import contextlib
import sys
import threading
from http import HTTPStatus
from typing import Any, Awaitable, Callable, Sequence

import sentry_sdk
from sentry_sdk import utils
from sentry_sdk.integrations import asgi
from sentry_sdk.scope import use_isolation_scope, use_scope
from sentry_sdk.utils import capture_internal_exceptions

from sentry_asgi_autoconf.flushing.flush import flush_aside, shutdown
from sentry_asgi_autoconf.integrations.event_loops import is_in_trio, serving_loops
from sentry_asgi_autoconf.serving import current_request
from sentry_asgi_autoconf.serving.current_request import Request
from sentry_asgi_autoconf.serving.server_noise import server_noise


class ServedApp:
    """An ASGI 3 app that serves `inner`, and answers for attributes as `app`, the one that was loaded, does."""

    __slots__ = ("_app", "_error_loggers", "_inner")

    def __init__(self, inner: Callable[..., Awaitable[Any]], app: Any, error_loggers: Sequence[str]) -> None:
        self._inner, self._app = inner, app
        self._error_loggers = error_loggers

    def __call__(self, scope: Any, receive: Any, send: Any) -> Awaitable[Any]:
        """Serve one scope, without a frame of ours in the app's tracebacks."""
        shutdown.spent = 0.0  # whatever has ended here before, this process goes on
        if when_serving:
            _begin_serving()
        if serving_loops.matter:
            serving_loops.enter()
        if scope["type"] == "lifespan":
            return Lifespan(self._error_loggers).run(self._inner, scope, receive, send)
        if _unprepared:
            _prepare_for_errors()
        current_request.begin(Request(scope, self, self._scopes_outside()))
        return self._inner(scope, receive, send)

    def _scopes_outside(self) -> tuple[Any, Any]:
        previous = current_request.recall()
        if previous is None or previous.served_by is not self:
            return sentry_sdk.Scope.get_isolation_scope(), sentry_sdk.Scope.get_current_scope()
        # uvicorn begins a pipelined request in the context of the one before: the SDK would take it for a part of that.
        applied = getattr(asgi, "_asgi_middleware_applied", None)
        if applied is not None:
            applied.set(False)
        isolation, current = previous.scopes
        sentry_sdk.Scope.set_isolation_scope(isolation)
        sentry_sdk.Scope.set_current_scope(current)
        return previous.scopes

    def __getattr__(self, name: str) -> Any:
        if name in self.__slots__:  # not set yet, while it is copied
            raise AttributeError(name)
        return getattr(self._app, name)


# Nothing that is raised there, by code of the app's either, replaces what the app does.
_FAILING_OPEN = contextlib.suppress(Exception, SystemExit)
# What waits for the first scope: by then whatever forks its workers has done so.
when_serving: list[Callable[[], None]] = []


def _begin_serving() -> None:
    while when_serving:
        with capture_internal_exceptions():
            when_serving.pop()()


# Whether what the first error needs is still to be had.
_unprepared = [True]
_AFTER_THE_FIRST_REQUEST = 1.0  # seconds


def _prepare_for_errors() -> None:
    """Have soon, and in a thread, what the first error would else stop the event loop for.

    Not before the first request: that comes after the fork of whatever forks its workers, and after a boot.
    """
    _unprepared.clear()
    thread = threading.Timer(_AFTER_THE_FIRST_REQUEST, _list_installed)
    thread.daemon = True
    with capture_internal_exceptions():
        thread.start()


def _list_installed() -> None:
    """Have the SDK list all installed distributions, which it keeps, and Python know how to look a host up."""
    with capture_internal_exceptions():
        # Nothing public lists them but an event. An SDK without this function lists them with the first error:
        # test_the_first_error_imports_nothing (tests/serving) fails then.
        list_installed = getattr(utils, "_get_installed_modules", None)
        if list_installed is not None and sentry_sdk.get_client().get_integration("modules") is not None:
            list_installed()
        "host".encode("idna")


class ServedCoroutine(ServedApp):
    """The same in the one shape in which every server recognises ASGI 3, for a server that looks at it."""

    __slots__ = ()

    async def __call__(self, scope: Any, receive: Any, send: Any) -> Any:
        """Serve one scope."""
        return await super().__call__(scope, receive, send)


class Lifespan:
    """One run of the lifespan scope."""

    def __init__(self, error_loggers: Sequence[str]) -> None:
        self._error_loggers = error_loggers  # they repeat what is reported here
        self._task: object = None
        self._entered = self._is_reporting = False
        self._failure: str | None = None

    async def run(self, app: Callable[..., Awaitable[Any]], scope: Any, receive: Any, send: Any) -> Any:
        """Run `app`'s lifespan and report a start-up or shutdown that failed; what it raises goes on to the server."""

        async def watched_receive() -> Any:
            message = await receive()
            self._entered = True
            return message

        async def watched_send(message: Any) -> Any:
            if self._is_last(message):
                try:
                    # Before the server hears of it, as it may end, or be ended, right after.
                    await flush_aside()
                except asyncio.CancelledError:
                    await send(message)  # without us the server would have heard of it by now
                    raise
            return await send(message)

        self._task = _running_task()
        with _Scope() as sentry_scope:
            sentry_scope.add_event_processor(self._process)
            try:
                return await app(scope, watched_receive, watched_send)
            except Exception as error:
                if self._entered:
                    self._is_reporting = True
                    with _FAILING_OPEN:
                        _boot_failure().capture(error)
                self._failure = None
                raise
            finally:
                # Also where the app goes on waiting after it has said so, until the server ends it.
                if self._failure is not None:
                    with _FAILING_OPEN:
                        _boot_failure().capture_message(self._failure)

    def _is_last(self, message: Any) -> bool:
        """Whether this message ends the lifespan; what says that the app has failed is noted."""
        with _FAILING_OPEN:  # It may be anything.
            if message["type"] in ("lifespan.startup.failed", "lifespan.shutdown.failed"):
                self._failure = str(message.get("message") or message["type"])
                # The server logs this failure, in two or three errors, and then ends.
                server_noise.boot_has_failed(self._error_loggers)
            return bool(message["type"].startswith("lifespan.shutdown."))
        return False

    def _process(self, event: Any, hint: Any) -> Any:
        # What an integration captures as it leaves the app is no error of one that refuses the scope before it takes
        # a message from it, and else a failure that may be one of an endless series.
        exc_info = hint.get("exc_info")
        # Tasks and threads that it starts have its Sentry scope.
        is_of_lifespan = _running_task() == self._task
        if self._is_reporting or not is_of_lifespan or not exc_info or not _is_unhandled(event):
            return event
        failures = _boot_failure()
        return event if self._entered and failures.may_report(failures.described(exc_info[1])) else None


class _Scope:
    """A Sentry scope for a while; contextlib, in the SDK's own, sets the traceback of an error, which may refuse it."""

    def __enter__(self) -> Any:
        self._opened = sentry_sdk.new_scope()
        return self._opened.__enter__()

    def __exit__(self, *error: object) -> None:
        self._opened.__exit__(None, None, None)


def _boot_failure() -> Any:
    from sentry_asgi_autoconf.flushing import boot_failure  # few boots need it

    return boot_failure


def _running_task() -> tuple[int, object]:
    if is_in_trio():
        return threading.get_ident(), sys.modules["trio"].lowlevel.current_task()
    try:
        return threading.get_ident(), asyncio.current_task()
    except RuntimeError:
        return threading.get_ident(), None


def _is_unhandled(event: Any) -> bool:
    values = (event.get("exception") or {}).get("values") or ()
    return any(value.get("mechanism", {}).get("handled") is False for value in values)


def reporting(app: Callable[..., Awaitable[Any]]) -> Callable[..., Awaitable[Any]]:
    """Return an ASGI 3 app that serves `app`, in whatever opens its requests, and reports responses of 5xx."""

    async def serve_http(scope: Any, receive: Any, send: Any) -> Any:
        failed: tuple[int, Any, Any] | None = None

        async def watched_send(message: Any) -> Any:
            nonlocal failed
            with _FAILING_OPEN:  # It may be any object.
                if message["type"] == "http.response.start" and message["status"] >= 500:
                    # Here the scopes are those of the request; they are gone when the app has returned.
                    isolation = sentry_sdk.Scope.get_isolation_scope()
                    failed = message["status"], isolation, sentry_sdk.Scope.get_current_scope()
            return await send(message)

        result = await app(scope, receive, watched_send)
        # One that raises has told why.
        request = current_request.recall()
        if failed is not None and request is not None and not request.has_error:
            with _FAILING_OPEN:
                _report(scope, *failed)
        return result

    def serve(scope: Any, receive: Any, send: Any) -> Awaitable[Any]:
        return (serve_http if scope["type"] == "http" else app)(scope, receive, send)

    return serve


def _report(scope: Any, status: int, isolation: Any, current: Any) -> None:
    phrases = {each.value: each.phrase for each in HTTPStatus}
    message = f"{status} {phrases.get(status, 'response')}: {scope['method']} {scope['path']}"
    by_route = ["5xx response", str(status), "{{ transaction }}"]
    with use_isolation_scope(isolation), use_scope(current):
        sentry_sdk.capture_event({"level": "error", "message": message, "fingerprint": by_route})
