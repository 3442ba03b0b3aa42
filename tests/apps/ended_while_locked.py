"""An app that is asked to end while it holds the lock of the SDK's worker: a signal may arrive at any moment."""

import asyncio
import os
import signal
import sys

import sentry_sdk
from hypercorn.asyncio import serve
from hypercorn.config import Config
from raw3 import respond


async def app(scope, receive, send):
    assert scope["type"] == "http"
    if scope["path"] == "/end":
        sentry_sdk.capture_message("before the end")
        with sentry_sdk.get_client().transport._worker._lock:
            os.kill(os.getpid(), signal.SIGTERM)
    await respond(send, 200, b"ok")


config = Config()
config.bind = [f"127.0.0.1:{sys.argv[1]}"]
asyncio.run(serve(app, config, shutdown_trigger=asyncio.Event().wait))
