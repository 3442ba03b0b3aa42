"""Endpoints of every framework that take an upload part by part, and some that let it wait."""

import asyncio

import readers
from fastapi import FastAPI, Request
from litestar import Litestar, post
from litestar import Request as LitestarRequest
from quart import Quart, request
from starlette.responses import StreamingResponse

LIMIT = 1_000_000
fast = FastAPI()
held = asyncio.Event()


@fast.post("/fastapi/stream")
async def stream(request: Request):
    size = 0
    async for part in request.stream():
        size += len(part)
    return {"size": size}


@fast.post("/fastapi/messages")
async def messages(request: Request):
    return {"size": await size_of(request.receive)}


@fast.post("/fastapi/limited")
async def limited(request: Request):
    size = 0
    async for part in request.stream():
        size += len(part)
        if size > LIMIT:
            return {"too": "large"}
    return {"size": size}


@fast.post("/fastapi/unread")
async def unread():
    return {"size": None}


@fast.post("/fastapi/held")
async def hold():
    print("held", flush=True)
    await held.wait()
    return {"size": None}


@fast.post("/release")
async def release():
    held.set()
    return "released"


@fast.post("/fastapi/watch")
async def watch(request: Request):
    await request.body()
    print("watching", flush=True)
    while not await request.is_disconnected():
        await asyncio.sleep(0.01)
    print("disconnected", flush=True)


@fast.post("/fastapi/endless")
async def endless(request: Request):
    async def parts():
        try:
            while True:
                yield b"part"
                await asyncio.sleep(0.01)
        finally:
            print("disconnected", flush=True)

    await request.body()
    print("watching", flush=True)
    return StreamingResponse(parts())


async def size_of(receive):
    size = 0
    while True:
        message = await receive()
        size += len(message.get("body", b""))
        if not message.get("more_body"):
            return size


@post("/litestar/stream", request_max_body_size=None, status_code=200)
async def litestar_stream(request: LitestarRequest) -> dict:
    size = 0
    async for part in request.stream():
        size += len(part)
    return {"size": size}


lite = Litestar([litestar_stream])
quart = Quart(__name__)
quart.config["MAX_CONTENT_LENGTH"] = None


@quart.post("/quart/stream")
async def quart_stream():
    size = 0
    async for part in request.body:
        size += len(part)
    return {"size": size}


async def plain(scope, receive, send):
    await readers.respond(send, readers.json.dumps({"size": await size_of(receive)}))


class App:
    def __init__(self):
        self.of_paths = {"fastapi": fast, "release": fast, "litestar": lite, "quart": quart, "plain": plain}

    async def __call__(self, scope, receive, send):
        if scope["type"] == "http":
            await self.of_paths[scope["path"].split("/")[1]](scope, receive, send)


app = App()
# Each by itself, too, as an app is usually served.
fastapi_app, litestar_app, quart_app, plain_app = fast, lite, quart, plain
