"""Have the SDK read no body: attach what the app itself has read of it, when there is an event.

The integrations of Starlette, FastAPI and Litestar read the body before the app does, from the app's own messages. What
reads them after that waits for ever, and so does an app that would have answered without. Here the SDK's extractor is
asked again once there is an event, with the messages that the app has received by then.
"""

from __future__ import annotations

import logging
import sys
from contextlib import contextmanager
from contextvars import ContextVar
from inspect import iscoroutine
from typing import Any, Awaitable, Callable, Coroutine, Iterator

import sentry_sdk
from sentry_sdk.integrations._wsgi_common import request_body_within_bounds
from sentry_sdk.utils import capture_internal_exceptions

# What parses forms says in the log what is wrong with them: to the app, where that parses them, and not twice.
_PARSERS = ("multipart.multipart", "python_multipart.multipart", "sanic.error")
_extracting: ContextVar[bool] = ContextVar("sentry_asgi_autoconf_extracting", default=False)


def install() -> None:
    """Have the integrations read no body from now on, as far as they are imported. Idempotent."""
    for integration, name, late in (
        ("starlette", "StarletteRequestExtractor", _late_starlette_extractor),
        ("fastapi", "StarletteRequestExtractor", _late_starlette_extractor),
        ("litestar", "ConnectionDataExtractor", _late_litestar_extractor),
        ("starlite", "ConnectionDataExtractor", _late_litestar_extractor),
        ("sanic", "SanicRequestExtractor", _quiet_sanic_extractor),
    ):
        module = sys.modules.get(f"sentry_sdk.integrations.{integration}")
        extractor = getattr(module, name, None)
        if extractor is not None and not hasattr(extractor, "reads_late"):
            late_extractor = late(extractor)
            late_extractor.reads_late = True
            setattr(module, name, late_extractor)
    for parser in _PARSERS:
        logging.getLogger(parser).addFilter(_is_said_to_the_app)


def _late_starlette_extractor(original: Any) -> Any:
    class LateExtractor(original):  # type: ignore[misc] # whichever class the integration has
        async def extract_request_info(self) -> Any:
            length = await super().content_length()
            if length:
                self._attach_body(length)
            return await super().extract_request_info()

        async def content_length(self) -> None:
            return None  # as of a request without a body

        def _attach_body(self, length: int) -> None:
            request = self.request
            messages = _Messages(request._receive)
            if request_body_within_bounds(sentry_sdk.get_client(), length):
                request._receive = messages.receive

            async def extract() -> Any:
                again = type(request)(dict(request.scope), messages.repeat)
                return (await original(again).extract_request_info() or {}).get("data")

            _attach(extract)

    return LateExtractor


def _late_litestar_extractor(original: Any) -> Any:
    class LateExtractor(original):  # type: ignore[misc] # whichever class the integration has
        def __call__(self, connection: Any) -> Any:
            extracted = super().__call__(connection)
            if iscoroutine(extracted.get("body")):
                extracted["body"].close()

            async def extract() -> Any:
                # With the scope, the framework keeps what the app has read.
                again = type(connection)(connection.scope, receive=_refuse)
                return await original(parse_body=True)(again)["body"]

            _attach(extract)
            return {**extracted, "body": _nothing()}

    return LateExtractor


def _quiet_sanic_extractor(original: Any) -> Any:
    """Return the class that extracts a body, which the framework has read already, and says nothing in the log."""

    class QuietExtractor(original):  # type: ignore[misc] # whichever class the integration has
        def extract_into_event(self, event: Any) -> Any:
            with _extraction():
                return super().extract_into_event(event)

    return QuietExtractor


class NotReadError(Exception):
    """The app has not read the whole body."""


class _Messages:
    """What an app receives of a body, to be repeated once it is whole."""

    def __init__(self, receive: Callable[[], Awaitable[Any]]) -> None:
        self._receive = receive
        self._parts: list[bytes] = []
        self._size = 0
        self._is_whole = False

    async def receive(self) -> Any:
        message = await self._receive()
        if not self._is_whole and isinstance(message, dict) and message.get("type") == "http.request":
            with capture_internal_exceptions():  # A part of it may be any object.
                self._keep(message)
        return message

    def _keep(self, message: dict[str, Any]) -> None:
        body = message.get("body", b"")
        part = body if isinstance(body, bytes) else b""
        self._is_whole = not message.get("more_body", False)
        self._size += len(part)
        if not request_body_within_bounds(sentry_sdk.get_client(), self._size):
            self._parts.clear()  # its length was announced as another
        elif part:
            self._parts.append(part)

    async def repeat(self) -> Any:
        if not self._is_whole:
            raise NotReadError
        return {"type": "http.request", "body": b"".join(self._parts), "more_body": False}


def _attach(extract: Callable[[], Coroutine[Any, Any, Any]]) -> None:
    def process(event: Any, hint: Any) -> Any:
        data = _result_of(extract()) if _is_wanted() else None
        if data is not None:
            event.setdefault("request", {})["data"] = data
        return event

    sentry_sdk.Scope.get_isolation_scope().add_event_processor(process)


def _is_wanted() -> bool:
    collection = sentry_sdk.get_client().options.get("data_collection")
    if not isinstance(collection, dict) or not collection.get("provided_by_user"):
        return True
    return "incoming_request" in collection.get("http_bodies", ())


def _result_of(coroutine: Coroutine[Any, Any, Any]) -> Any:
    """Return the coroutine's result; None if it fails, or would have to wait, which an event cannot."""
    with capture_internal_exceptions(), _extraction():
        try:
            coroutine.send(None)
        except StopIteration as end:
            return end.value
        finally:
            coroutine.close()
    return None


@contextmanager
def _extraction() -> Iterator[None]:
    token = _extracting.set(True)
    try:
        yield
    finally:
        _extracting.reset(token)


def _is_said_to_the_app(record: logging.LogRecord) -> bool:
    return not _extracting.get()


async def _refuse() -> Any:
    raise NotReadError


async def _nothing() -> None:
    pass
