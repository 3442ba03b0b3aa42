"""The ASGI 2 app of Sentry's page on ASGI, without Sentry, and a quiet path beside it."""


def app(scope):
    async def get_body():
        if scope["path"] == "/ok":
            return b"ok"
        return f"The number is: {1 / 0}"  # raises an error!

    async def asgi(receive, send):
        await send(
            {
                "type": "http.response.start",
                "status": 200,
                "headers": [[b"content-type", b"text/plain"]],
            }
        )
        await send({"type": "http.response.body", "body": await get_body()})

    async def lifespan(receive, send):
        while True:
            message = await receive()
            await send({"type": message["type"] + ".complete"})
            if message["type"] == "lifespan.shutdown":
                return

    return lifespan if scope["type"] == "lifespan" else asgi
