"""An ASGI app that fails when a part of its response is on its way."""


async def app(scope, receive, send):
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"text/plain")]})
    await send({"type": "http.response.body", "body": b"half of ", "more_body": True})
    raise RuntimeError("the other half is missing")
