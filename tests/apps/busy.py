"""An app that works for a while, so that a profiler sees it."""

import time


def spin(seconds):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        sum(range(1000))


async def app(scope, receive, send):
    assert scope["type"] == "http"
    spin(0.5)
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"done"})
