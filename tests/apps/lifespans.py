"""Apps that differ in how they take the lifespan scope."""

import asyncio
import threading
from contextlib import asynccontextmanager

from fastapi import FastAPI
from raw3 import app as raw3


def otherwise(lifespan):
    async def app(scope, receive, send):
        if scope["type"] == "lifespan":
            await lifespan(receive, send)
        else:
            await raw3(scope, receive, send)

    return app


@otherwise
async def refuses(receive, send):
    raise RuntimeError("only http here")


@otherwise
async def raises_at_startup(receive, send):
    await receive()
    raise RuntimeError("no database")


class UnprintableError(Exception):
    def __str__(self):
        raise RuntimeError("no words")

    __repr__ = __str__


@otherwise
async def raises_what_cannot_be_printed(receive, send):
    await receive()
    raise UnprintableError


@otherwise
async def says_startup_failed(receive, send):
    await receive()
    await send({"type": "lifespan.startup.failed", "message": "no database"})


@otherwise
async def says_startup_failed_and_waits(receive, send):
    while True:
        message = await receive()
        await send({"type": message["type"] + ".failed", "message": "no database"})


@otherwise
async def raises_at_shutdown(receive, send):
    await receive()
    await send({"type": "lifespan.startup.complete"})
    await receive()
    raise RuntimeError("cannot close")


def framework(lifespan):
    return FastAPI(lifespan=asynccontextmanager(lifespan))


@framework
async def fastapi_fails_at_startup(app):
    raise RuntimeError("no database")
    yield


@framework
async def fastapi_fails_at_shutdown(app):
    yield
    raise RuntimeError("cannot close")


@framework
async def starts_work(app):
    for _ in range(2):
        threading.Thread(target=fails_at_work).start()
        working.append(asyncio.create_task(asyncio.to_thread(fails_at_work)))
    yield


working = []


def fails_at_work():
    raise RuntimeError("no queue")
