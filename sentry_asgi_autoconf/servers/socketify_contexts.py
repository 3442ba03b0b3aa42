"""Serve each request in one context: socketify's tasks run their first step in their caller's, the others in a copy.

Without it a request that waits for anything would leave its scope to all later ones, and lose it for itself.
"""

from __future__ import annotations

import contextvars
import types
from typing import Any, Awaitable, Callable, Coroutine, Generator


class OneContext:
    """An ASGI 3 app that serves `app`, each call in a context of its own from the first step to the last."""

    def __init__(self, app: Callable[..., Awaitable[Any]]) -> None:
        """Keep what is served."""
        self._app = app

    async def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Serve one scope."""
        return await _run_in(contextvars.copy_context(), self._serve(*args, **kwargs))

    async def _serve(self, *args: Any, **kwargs: Any) -> Any:
        return await self._app(*args, **kwargs)


@types.coroutine
def _run_in(context: contextvars.Context, coroutine: Coroutine[Any, Any, Any]) -> Generator[Any, Any, Any]:
    step: Callable[[Any], Any] = coroutine.send
    value = None
    while True:
        try:
            waited_for = context.run(step, value)
        except StopIteration as end:
            return end.value
        try:
            value = yield waited_for
            step = coroutine.send
        except BaseException as error:  # a cancellation, say: it is for the coroutine
            step, value = coroutine.throw, error
