"""Drop the events that a server's own log records would make of what is reported already."""

from __future__ import annotations

import contextlib
from typing import Any, Sequence

from sentry_sdk.scope import add_global_event_processor

from sentry_asgi_autoconf.flushing import boot_failure
from sentry_asgi_autoconf.serving import current_request
from sentry_asgi_autoconf.serving.request_layer import CAPTURED, was_captured

# What frameworks and servers raise into an app whose client has gone, by (module, name).
_CLIENT_HAS_GONE = {
    ("starlette.requests", "ClientDisconnect"),
    ("starlette.websockets", "WebSocketDisconnect"),
    ("litestar.exceptions.websocket_exceptions", "WebSocketDisconnect"),
    ("uvicorn.protocols.utils", "ClientDisconnected"),
}


class ServerNoise:
    """The habits of the servers of this process."""

    def __init__(self) -> None:
        """Begin with no server."""
        self._repeats: set[tuple[str, str]] = set()
        self._booting: frozenset[str] = frozenset()
        self._failed: frozenset[str] | None = None
        self._is_installed = False

    def expect(self, repeats: Sequence[tuple[str, str]]) -> None:
        """Drop what loggers repeat of an app's errors: pairs of logger and beginning of the message."""
        self._repeats.update(repeats)
        self._install()

    def begin_boot(self, loggers: Sequence[str]) -> None:
        """Let what these loggers say through only once a minute, as the boot may be one of an endless series."""
        self._booting, self._failed = frozenset(loggers), None
        self._install()

    def end_boot(self) -> None:
        """Let everything through again: the app serves."""
        self._booting = frozenset()

    def boot_has_failed(self, loggers: Sequence[str]) -> None:
        """Drop what these loggers say from now on: the failure is reported, and the server is about to end."""
        self._failed = frozenset(loggers)
        self._install()

    def _install(self) -> None:
        if not self._is_installed:
            self._is_installed = True
            add_global_event_processor(self._process)

    def _process(self, event: Any, hint: Any) -> Any:
        exc_info = hint.get("exc_info")
        if event.get("logger") is not None and self._is_repeated_in(event, exc_info):
            return None
        request = current_request.recall()
        if request is not None and event.get("level") in ("error", "fatal"):
            request.has_error = True
        if not exc_info or exc_info[1] is None:
            return event
        if event.get("logger") is None and self._is_no_error(event, exc_info, request):
            return None
        _mark(exc_info[1], request)
        return event

    def _is_no_error(self, event: Any, exc_info: Any, request: Any) -> bool:
        if (exc_info[0].__module__, exc_info[0].__name__) in _CLIENT_HAS_GONE:
            if request is not None:
                request.client_left = True
            return True
        mechanism = _mechanism_of(event)
        if self._failed is not None and mechanism.get("type") == "excepthook":
            return True  # the server's own, in which it ends
        # What the app has captured itself, in a thread perhaps, and let go on.
        return (
            request is not None and mechanism.get("handled") is False and was_captured(exc_info[1], request)
        )

    def _is_repeated_in(self, event: Any, exc_info: Any) -> bool:
        logger, message = event["logger"], _message_of(event)
        # The SDK notices this itself, unless the server logs it in another task than the app's.
        if exc_info and hasattr(exc_info[1], CAPTURED):
            request = current_request.recall()
            # asyncio logs a task's error when the task is freed, in whatever request that is.
            if request is None or logger == "asyncio" or was_captured(exc_info[1], request):
                return True
        if logger == "asyncio" and exc_info and exc_info[0].__name__ == "CancelledError":
            return True  # a request that a server gave up as its client had gone, or as it ended
        if self._failed is not None and logger in self._failed:
            return True
        if any(logger == name and message.startswith(beginning) for name, beginning in self._repeats):
            return True
        return logger in self._booting and not boot_failure.may_report_text(f"{logger}\n{message}")


def _mark(error: Any, request: Any) -> None:
    with contextlib.suppress(AttributeError, TypeError):  # what an exception class of the app's may raise
        setattr(error, CAPTURED, request and request.number)


def _mechanism_of(event: Any) -> Any:
    values = event.get("exception", {}).get("values") or [{}]
    return values[-1].get("mechanism") or {}


def _message_of(event: Any) -> str:
    entry = event.get("logentry") or {}
    return str(entry.get("formatted") or entry.get("message") or "")


server_noise = ServerNoise()
