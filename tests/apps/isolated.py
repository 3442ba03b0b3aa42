"""What every handler of the isolation's apps does: leave its number in the scope, let others run, and perhaps fail."""

import asyncio
import logging
import time

import sentry_sdk

log = logging.getLogger("isolated")


def fails(mark):
    return mark.endswith("x")


def leave(mark):
    sentry_sdk.set_tag("mark", mark)
    sentry_sdk.set_context("isolated", {"mark": mark})
    sentry_sdk.add_breadcrumb(message=f"crumb {mark}")
    log.info("logged %s", mark)


def end(mark):
    if fails(mark):
        raise RuntimeError(f"failed {mark}")
    return f"served {mark}"


async def in_loop(mark):
    leave(mark)
    await asyncio.sleep(0.002)
    with sentry_sdk.start_span(op="work", name=f"work {mark}"):
        await asyncio.sleep(0)
    return end(mark)


def in_thread(mark):
    leave(mark)
    time.sleep(0.001)
    with sentry_sdk.start_span(op="work", name=f"work {mark}"):
        return end(mark)


async def plain(scope, receive, send):
    """Serve as an app of no framework; the mark is the last part of the path."""
    if scope["type"] != "http":
        return
    text = (await in_loop(scope["path"].rpartition("/")[2])).encode()
    headers = [(b"content-length", b"%d" % len(text))]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": text})
