"""Watch an app's lifespan: no support for it is no error, a failed start-up is one error."""

from __future__ import annotations

import asyncio
import sys
import threading
from typing import Any, Awaitable, Callable, Sequence

import sentry_sdk

from sentry_asgi_autoconf.serving_loops import is_in_trio
from sentry_asgi_autoconf.wrapping import failure
from sentry_asgi_autoconf.wrapping.server_noise import server_noise


class Lifespan:
    """One run of the lifespan scope."""

    def __init__(self, error_loggers: Sequence[str]) -> None:
        """Take the names of the server's loggers, which repeat what is reported here."""
        self._error_loggers = error_loggers
        self._task: object = None
        self._entered = False
        self._is_reporting = False
        self._failure: str | None = None

    async def run(self, app: Callable[..., Awaitable[None]], scope: Any, receive: Any, send: Any) -> None:
        """Run `app`'s lifespan and report a start-up or shutdown that failed; what it raises goes on to the server."""

        async def watched_receive() -> Any:
            message = await receive()
            self._entered = True
            return message

        async def watched_send(message: Any) -> None:
            if message["type"] in ("lifespan.startup.failed", "lifespan.shutdown.failed"):
                self._failure = message.get("message") or message["type"]
                # The server logs this failure, in two or three errors, and then ends.
                server_noise.boot_has_failed(self._error_loggers)
            if message["type"].startswith("lifespan.shutdown."):
                # Before the server hears of it, as it may end, or be ended, right after.
                await failure.flush_aside()
            await send(message)

        self._task = _running_task()
        with sentry_sdk.new_scope() as sentry_scope:
            sentry_scope.add_event_processor(self._process)
            try:
                await app(scope, watched_receive, watched_send)
            except Exception as error:
                if self._entered:
                    self._is_reporting = True
                    failure.capture(error)
                self._failure = None
                raise
            finally:
                # Also where the app goes on waiting after it has said so, until the server ends it.
                if self._failure is not None:
                    failure.capture_message(self._failure)

    def _process(self, event: Any, hint: Any) -> Any:
        """Judge what an integration captures as it leaves the app.

        It is no error of an app that refuses the scope before it takes a message from it, and else a failure that may
        be one of an endless series.
        """
        exc_info = hint.get("exc_info")
        is_of_lifespan = (
            _running_task() == self._task
        )  # tasks and threads that it starts have its Sentry scope
        if self._is_reporting or not is_of_lifespan or not exc_info or not _is_unhandled(event):
            return event
        return event if self._entered and failure.may_report(exc_info[1]) else None


def _running_task() -> tuple[int, object]:
    if is_in_trio():
        return threading.get_ident(), sys.modules["trio"].lowlevel.current_task()
    try:
        return threading.get_ident(), asyncio.current_task()
    except RuntimeError:
        return threading.get_ident(), None


def _is_unhandled(event: Any) -> bool:
    values = event["exception"]["values"]
    return any(value.get("mechanism", {}).get("handled") is False for value in values)
