"""Drop the events that a server's own log records would make of what is reported already."""

from __future__ import annotations

from typing import Any, Sequence

from sentry_sdk.integrations.dedupe import DedupeIntegration
from sentry_sdk.scope import add_global_event_processor
from sentry_sdk.utils import capture_internal_exceptions

from sentry_asgi_autoconf.serving import current_request

# What frameworks and servers raise into an app whose client has gone, by (module, name).
_CLIENT_HAS_GONE = {
    ("starlette.requests", "ClientDisconnect"),
    ("starlette.websockets", "WebSocketDisconnect"),
    ("litestar.exceptions.websocket_exceptions", "WebSocketDisconnect"),
    ("uvicorn.protocols.utils", "ClientDisconnected"),
}
# By which a function of Lambda fails whose app's lifespan has failed.
_LIFESPAN_HAS_FAILED = ("mangum.exceptions", "LifespanFailure")


class ServerNoise:
    """The habits of the servers of this process."""

    def __init__(self) -> None:
        self._repeats: set[tuple[str, str]] = set()
        self._booting: frozenset[str] = frozenset()
        self._failed: frozenset[str] | None = None
        self._is_installed = self._are_handed_on = False

    def expect(self, repeats: Sequence[tuple[str, str]]) -> None:
        """Drop what loggers repeat of an app's errors: pairs of logger and beginning of the message."""
        self._repeats.update(repeats)
        self._install()

    def expect_errors_of_others(self) -> None:
        """Drop an error that another process has captured before it handed it on to this one."""
        self._are_handed_on = True
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
        request = current_request.recall()
        is_logged = event.get("logger") is not None
        if self._are_handed_on and exc_info and current_request.was_captured_elsewhere(exc_info[1]):
            if request is not None:
                request.has_error = True
            return None
        if is_logged and self._is_repeated_in(event, exc_info, request):
            return None
        if request is not None and event.get("level") in ("error", "fatal"):
            request.has_error = True
        if not exc_info or exc_info[1] is None:
            return event
        if not is_logged and self._is_no_error(event, exc_info, request):
            return None
        current_request.mark_captured(exc_info[1], request)
        return event

    def _is_no_error(self, event: Any, exc_info: Any, request: Any) -> bool:
        name = exc_info[0].__module__, exc_info[0].__name__
        if name in _CLIENT_HAS_GONE:
            if request is not None:
                request.client_left = True
            return True
        values = event.get("exception", {}).get("values") or [{}]
        mechanism = values[-1].get("mechanism") or {}
        # The server's own, in which it ends; in Lambda, the function's, by which mangum says what is reported.
        own = "aws_lambda" if name == _LIFESPAN_HAS_FAILED else "excepthook"
        if self._failed is not None and mechanism.get("type") == own:
            return True
        # What the app has captured itself, in a thread perhaps, and let go on.
        return request is not None and mechanism.get("handled") is False and request.has_captured(exc_info[1])

    def _is_repeated_in(self, event: Any, exc_info: Any, request: Any) -> bool:
        logger, entry = event["logger"], event.get("logentry") or {}
        message = str(entry.get("formatted") or entry.get("message") or "")
        # The SDK notices this itself, unless the server logs it in another task than the app's.
        # asyncio logs a task's error when the task is freed, in whatever request that is.
        is_any = request is None or logger == "asyncio"
        if exc_info and (current_request.was_captured if is_any else request.has_captured)(exc_info[1]):
            return True
        if logger == "asyncio" and exc_info and exc_info[0].__name__ == "CancelledError":
            return True  # a request that a server gave up as its client had gone, or as it ended
        if self._failed is not None and logger in self._failed:
            return True
        if any(logger == name and message.startswith(beginning) for name, beginning in self._repeats):
            return True
        if logger not in self._booting:
            return False
        from sentry_asgi_autoconf.flushing import boot_failure

        return not boot_failure.may_report(f"{logger}\n{message}")


server_noise = ServerNoise()


def forget_last_error() -> None:
    """Have the SDK forget the last error of this context; what the server logs of it, we know by other means."""
    with capture_internal_exceptions():
        forget = getattr(DedupeIntegration, "reset_last_seen", None)  # older releases have none
        if forget is not None:
            forget()
