"""A plain ASGI 3 app that knows nothing of Sentry."""

import functools


async def respond(send, status, body):
    headers = [(b"content-type", b"text/plain"), (b"content-length", b"%d" % len(body))]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


async def lifespan(receive, send):
    while True:
        message = await receive()
        await send({"type": message["type"] + ".complete"})
        if message["type"] == "lifespan.shutdown":
            return


async def websocket(receive, send):
    await receive()
    await send({"type": "websocket.accept"})
    while True:
        message = await receive()
        if message["type"] == "websocket.disconnect":
            return
        if message["text"] == "boom":
            raise RuntimeError("websocket boom")
        await send({"type": "websocket.send", "text": message["text"]})


async def app(scope, receive, send):
    if scope["type"] == "lifespan":
        await lifespan(receive, send)
    elif scope["type"] == "websocket":
        await websocket(receive, send)
    elif scope["path"] == "/boom":
        divisor = 0
        await respond(send, 200, b"%d" % (1 // divisor))
    else:
        await respond(send, 200, b"ok")


class App:
    """The same as an object."""

    async def __call__(self, scope, receive, send):
        await app(scope, receive, send)


def create_app():
    return App()


instance = App()


async def with_greeting(greeting, scope, receive, send):
    await app(scope, receive, send)


partial = functools.partial(with_greeting, "hello")
