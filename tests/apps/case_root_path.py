"""A plain ASGI app that says which path it was asked for."""


async def app(scope, receive, send):
    if scope["type"] != "http":
        return
    if scope["path"].endswith("bad"):
        raise ValueError("a bad path")
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": scope["path"].encode()})
