"""A FastAPI app under a middleware whose `receive` raises what the app answers with."""

import zlib

from fastapi import FastAPI, HTTPException, Request


class Gunzip:
    def __init__(self, app):
        self.app = app

    async def __call__(self, scope, receive, send):
        if scope["type"] != "http" or dict(scope["headers"]).get(b"content-encoding") != b"gzip":
            await self.app(scope, receive, send)
            return

        async def unzipped():
            message = await receive()
            if message.get("body"):  # some servers end with an empty one
                try:
                    message["body"] = zlib.decompress(message["body"], 31)
                except zlib.error:
                    raise HTTPException(422, "not gzip") from None
            return message

        await self.app(scope, unzipped, send)


app = FastAPI()
app.add_middleware(Gunzip)


@app.post("/in")
async def read(request: Request):
    return await request.json()
