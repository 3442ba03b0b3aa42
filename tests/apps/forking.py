"""An app whose requests start processes, which fail, or capture something and end."""

import multiprocessing

import sentry_sdk
from raw3 import lifespan, respond


def fails():
    raise RuntimeError("in a child")


def captures():
    sentry_sdk.capture_message("from a child")


def activates():
    from sentry_asgi_autoconf import activate

    activate()
    captures()


async def app(scope, receive, send):
    if scope["type"] == "lifespan":
        await lifespan(receive, send)
        return
    _, method, what = scope["path"].split("/")
    process = multiprocessing.get_context(method).Process(target=globals()[what])
    process.start()
    process.join()
    await respond(send, 200, b"%d" % process.exitcode)
