"""Apps that do what they should not, each a list of steps, and what a server sees of one of them.

`run` serves a plan bare, or in what wraps it, in an event loop of its own: no clock decides anything.
"""

from __future__ import annotations

import asyncio
import functools
import traceback
from dataclasses import dataclass
from typing import Any, Callable, Dict, Tuple

Message = Dict[str, Any]
Step = Tuple[Any, ...]
_PATIENCE = 20  # how often an app is cancelled that waits for what never comes
_TURNS = 5  # of the loop, in which its other tasks begin to wait as well
# The SDK keeps its scopes with context managers.
_NOT_THE_APPS = ("/sentry_sdk/", "/sentry_asgi_autoconf/", "/contextlib.py")


class UnprintableError(Exception):
    """One whose text cannot be had."""

    def __str__(self) -> str:
        raise RuntimeError("no text")


class ClosedError(Exception):
    """One that takes no attributes."""

    def __setattr__(self, name: str, value: Any) -> None:
        raise TypeError(name)


class OwnBaseError(BaseException):
    """One that is no Exception."""


ERRORS: dict[str, type[BaseException]] = {
    each.__name__: each
    for each in (
        *(ValueError, OSError, RecursionError, StopAsyncIteration, UnprintableError, ClosedError),
        *(OwnBaseError, asyncio.CancelledError, GeneratorExit),
    )
}


@dataclass(frozen=True)
class Plan:
    """A scope, what `receive` has for the app, after how many messages `send` fails, and what the app does."""

    scope: Message
    incoming: list[Message]
    send_fails_after: int
    shape: str
    steps: list[Step]


class App:
    """One run of a plan, and what its server sees."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.sent: list[Message] = []
        self.received: list[str] = []
        self.is_stuck = asyncio.Event()
        self._incoming = list(plan.incoming)

    async def receive(self) -> Message:
        """Return the next message; wait for ever after the last one."""
        if not self._incoming:
            await self._hang()
        return self._incoming.pop(0)

    async def send(self, message: Message) -> str:
        """Take a message, and return what no server does; raise after as many as the plan says."""
        self.sent.append(message)
        if len(self.sent) > self.plan.send_fails_after:
            raise OSError("the client has gone")
        return "taken"

    async def _hang(self) -> None:
        self.is_stuck.set()
        await asyncio.get_running_loop().create_future()

    async def play(self, receive: Callable[[], Any], send: Callable[[Message], Any]) -> Any:
        """Do all steps; the last one may return something."""
        for step in self.plan.steps:
            result = await self._do(step, receive, send)
            if result is not None:
                return result
        return None

    async def _do(self, step: Step, receive: Callable[[], Any], send: Callable[[Message], Any]) -> Any:
        kind, *arguments = step
        if kind == "receive":
            self.received.append(repr(await receive()))
        elif kind == "receive in two tasks":
            tasks = [asyncio.ensure_future(receive()) for _ in range(2)]
            try:
                self.received += map(repr, await asyncio.gather(*tasks, return_exceptions=True))
            finally:
                for task in tasks:
                    task.cancel()
        elif kind == "send":
            self.received.append(repr(await send(arguments[0])))
        elif kind == "send and swallow":
            try:
                await send(arguments[0])
            except Exception as error:
                self.received.append(repr(type(error)))
        elif kind == "raise":
            _raise(*arguments)
        elif kind == "cancel":
            task = asyncio.current_task()
            assert task is not None
            task.cancel()
            await asyncio.sleep(0)
        elif kind == "hang":
            await self._hang()
        elif kind == "outlast a cancellation":
            try:
                await self._hang()
            except asyncio.CancelledError:
                self.received.append("cancelled")
        elif kind == "return":
            return arguments[0]
        return None


def _raise(name: str, how: str) -> None:
    error = ERRORS[name]("what went wrong")
    if how == "alone":
        raise error
    try:
        raise KeyError("before")
    except KeyError as before:
        if how == "from a cause":
            raise error from before
        if how == "from none":
            raise error from None
        if how == "again":
            before.__cause__ = error
            raise
        raise error  # noqa: B904 # in its context


def shaped(app: App) -> Any:
    """Return the app of a run in the shape that its plan says."""

    async def coroutine_function(scope: Any, receive: Any, send: Any) -> Any:
        return await app.play(receive, send)

    def function(scope: Any, receive: Any, send: Any) -> Any:
        return app.play(receive, send)

    def not_awaitable(scope: Any, receive: Any, send: Any) -> Any:
        return "no awaitable"

    def raising(scope: Any, receive: Any, send: Any) -> Any:
        raise ValueError("before it could be awaited")

    class Callable3:
        async def __call__(self, scope: Any, receive: Any, send: Any) -> Any:
            return await app.play(receive, send)

    shapes = {
        "coroutine function": coroutine_function,
        "function": function,
        "no awaitable": not_awaitable,
        "raising function": raising,
        "object": Callable3(),
        "partial": functools.partial(coroutine_function),
    }
    return shapes[app.plan.shape]


SHAPES = ("coroutine function", "function", "no awaitable", "raising function", "object", "partial")


def run(plan: Plan, wrapped: Callable[[Any], Any] = lambda app: app) -> dict[str, Any]:
    """Return what a server sees of the app, wrapped if so, as it can be compared."""
    loop = asyncio.new_event_loop()
    loop.set_exception_handler(lambda loop, context: None)
    try:
        return loop.run_until_complete(_served(plan, wrapped))
    finally:
        loop.close()


async def _served(plan: Plan, wrapped: Callable[[Any], Any]) -> dict[str, Any]:
    app = App(plan)
    served = wrapped(shaped(app))

    async def serve() -> Any:
        # As a server does: a call that fails and one that is awaited are one to it.
        try:
            return "returned", await served(dict(plan.scope), app.receive, app.send)
        except BaseException as error:
            return "raised", described(error)

    task = asyncio.ensure_future(serve())
    cancelled = 0
    while not task.done() and cancelled < _PATIENCE:
        stuck = asyncio.ensure_future(app.is_stuck.wait())
        await asyncio.wait([task, stuck], return_when=asyncio.FIRST_COMPLETED)
        stuck.cancel()
        for _ in range(_TURNS):
            await asyncio.sleep(0)
        app.is_stuck.clear()
        cancelled += task.cancel()
    outcome = task.result() if task.done() and not task.cancelled() else ("never ends", None)
    task.cancel()
    return {
        "sent": [repr(message) for message in app.sent],
        "received": app.received,
        "cancelled": cancelled,
        "outcome": outcome[0],
        "result": outcome[1] if outcome[0] == "raised" else repr(outcome[1]),
    }


def described(error: BaseException | None, seen: tuple[BaseException, ...] = ()) -> Any:
    """Return an error with all that led to it, and the frames of the app in each traceback."""
    if error is None or any(error is each for each in seen):
        return None
    frames: list[Any] = [
        (frame.f_code.co_name, line)
        for frame, line in traceback.walk_tb(error.__traceback__)
        if not any(part in frame.f_code.co_filename for part in _NOT_THE_APPS)
    ]
    further = (*seen, error)
    return {
        "type": type(error).__name__,
        "args": [
            type(each).__name__ if isinstance(each, BaseException) else repr(each) for each in error.args
        ],
        "cause": described(error.__cause__, further),
        "context": described(error.__context__, further),
        "suppress_context": error.__suppress_context__,
        "attributes": sorted(name for name in vars(error) if "sentry" not in name),
        "frames": frames,
    }
