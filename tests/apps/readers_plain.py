"""A plain ASGI app that does with a body what the path says."""

import readers


async def app(scope, receive, send):
    if scope["type"] != "http":
        return
    if scope["path"] == "/mark":
        await readers.respond(send, "mark")
    else:
        await readers.raw(scope, receive, send)


app = readers.RaisingReceive(app)
