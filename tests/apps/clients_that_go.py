"""A plain ASGI 3 app that counts the clients that have gone before it was done with them."""

from raw3 import lifespan, respond

gone = 0


async def app(scope, receive, send):
    global gone
    if scope["type"] == "lifespan":
        await lifespan(receive, send)
    elif scope["path"] == "/gone":
        await respond(send, 200, b"%d" % gone)
    elif scope["path"] == "/ok":
        await respond(send, 200, b"ok")
    else:
        try:
            await serve(scope, receive, send)
        finally:
            gone += 1


async def serve(scope, receive, send):
    if scope["type"] == "websocket":
        await receive()
        await send({"type": "websocket.accept"})
        message = await receive()
        while message["type"] == "websocket.receive":
            await send({"type": "websocket.send", "text": message["text"]})
            message = await receive()
    elif scope["path"] == "/upload":
        while (await receive())["type"] != "http.disconnect":
            pass
    else:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"some", "more_body": True})
        while (await receive())["type"] != "http.disconnect":
            pass
