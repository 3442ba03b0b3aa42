"""An app that is asked to end in a request, while it holds the lock that the path names: a signal may always arrive."""

import asyncio
import os
import signal
import sys
from contextlib import nullcontext

import sentry_sdk
from hypercorn.asyncio import serve
from hypercorn.config import Config
from raw3 import respond

from sentry_asgi_autoconf import runtime

LOCKS = {
    "/none": nullcontext,
    "/sdk": lambda: sentry_sdk.get_client().transport._worker._lock,
    "/process": runtime.process_lock,
    "/status": lambda: runtime.this_process._status._lock,
}


async def app(scope, receive, send):
    assert scope["type"] == "http"
    sentry_sdk.capture_message("before the end")
    with LOCKS[scope["path"]]():
        os.kill(os.getpid(), signal.SIGTERM)
    await respond(send, 200, b"ok")


config = Config()
config.bind = [f"127.0.0.1:{sys.argv[1]}"]
asyncio.run(serve(app, config, shutdown_trigger=asyncio.Event().wait))
