"""An ASGI 2 app as a class, which is made once for each scope."""


class App:
    def __init__(self, scope):
        self.scope = scope

    async def __call__(self, receive, send):
        if self.scope["type"] != "http":
            raise ValueError(self.scope["type"])
        divisor = 0 if self.scope["path"] == "/boom" else 1
        body = b"%d" % (1 // divisor)
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": body})
