"""Tell an app that the server starts and stops."""

from __future__ import annotations

import asyncio
import logging
from typing import Any

logger = logging.getLogger("acme_server")


class Lifespan:
    """One run of the lifespan scope."""

    def __init__(self, app: Any) -> None:
        """Take the app."""
        self._app = app
        self._said: asyncio.Queue[Any] = asyncio.Queue()
        self._heard: asyncio.Queue[Any] = asyncio.Queue()
        self._task: asyncio.Task[None] | None = None

    async def startup(self) -> bool:
        """Whether the app has started, or takes no interest in it."""
        self._task = asyncio.create_task(self._run())
        return await self._tell("startup")

    async def shutdown(self) -> None:
        """Wait until the app has ended."""
        await self._tell("shutdown")

    async def _tell(self, what: str) -> bool:
        assert self._task is not None
        if self._task.done():
            return True
        await self._said.put({"type": f"lifespan.{what}"})
        answer = asyncio.ensure_future(self._heard.get())
        await asyncio.wait([answer, self._task], return_when=asyncio.FIRST_COMPLETED)
        if not answer.done():
            answer.cancel()
            return True
        message = answer.result()
        if message["type"].endswith(".failed"):
            logger.error("The app's %s failed: %s", what, message.get("message", ""))
            return False
        return True

    async def _run(self) -> None:
        try:
            await self._app({"type": "lifespan", "asgi": {"version": "3.0"}}, self._said.get, self._heard.put)
        except Exception as error:
            logger.info("No lifespan: %s", error)
