"""A plain ASGI app that answers its own errors, and says nothing of them but to its log."""

import sys
import traceback


async def app(scope, receive, send):
    if scope["type"] != "http":
        return
    status, body = 200, b"ok"
    try:
        if scope["path"] == "/bad":
            divisor = 0
            1 // divisor
        elif scope["path"] == "/unavailable":
            status, body = 503, b"later"
        elif scope["path"] == "/missing":
            status, body = 404, b"no such page"
    except ZeroDivisionError:
        traceback.print_exc(file=sys.stderr)
        status, body = 500, b"sorry"
    if scope["path"] == "/raises":
        raise RuntimeError("left to the server")
    await send({"type": "http.response.start", "status": status, "headers": []})
    await send({"type": "http.response.body", "body": body})
