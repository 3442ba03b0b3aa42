"""An app that is asked to end in a request, at /locked while it holds the lock of what the SDK sends with."""

import asyncio
import os
import signal
import sys
from contextlib import nullcontext

import sentry_sdk
from hypercorn.asyncio import serve
from hypercorn.config import Config
from raw3 import respond


async def app(scope, receive, send):
    assert scope["type"] == "http"
    sentry_sdk.capture_message("before the end")
    lock = sentry_sdk.get_client().transport._worker._lock if scope["path"] == "/locked" else nullcontext()
    with lock:
        os.kill(os.getpid(), signal.SIGTERM)
    await respond(send, 200, b"ok")


config = Config()
config.bind = [f"127.0.0.1:{sys.argv[1]}"]
asyncio.run(serve(app, config, shutdown_trigger=asyncio.Event().wait))
