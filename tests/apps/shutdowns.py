"""Shut down in several ways while the receiver does not answer, and print for how many seconds each has blocked."""

import asyncio
import json
import time

import sentry_sdk
from raw3 import App

from sentry_asgi_autoconf import wrap


def served():
    """Return an app as a server has it, and a function that ends its lifespan and returns how long that took."""
    app, shutdown = wrap(App()), asyncio.Event()
    sent = []

    async def receive():
        if sent:
            await shutdown.wait()
        return {"type": "lifespan.shutdown" if sent else "lifespan.startup"}

    async def send(message):
        sent.append(message)

    running = asyncio.ensure_future(app({"type": "lifespan"}, receive, send))

    async def end():
        begun = time.monotonic()
        shutdown.set()
        await running
        return time.monotonic() - begun

    return app, end


async def request(app):
    async def receive():
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message):
        pass

    scope = {"type": "http", "method": "GET", "path": "/ok", "headers": [], "query_string": b""}
    await app(scope, receive, send)


async def main():
    (app, end), (_, end_second), (_, end_third) = served(), served(), served()
    for number in range(50):
        sentry_sdk.capture_message(f"message {number}")
    await asyncio.sleep(0)
    two_servers = await asyncio.gather(end(), end_second())
    again = await end_third()
    await request(app)
    _, end_later = served()
    await asyncio.sleep(0)
    later = await end_later()
    print(json.dumps({"two servers": two_servers, "a third": again, "a later one": later, "at": time.time()}))


asyncio.run(main())
