"""The same as a Starlette app, which hears of them by exceptions."""

import asyncio

from starlette.applications import Starlette
from starlette.responses import PlainTextResponse, StreamingResponse
from starlette.routing import Route, WebSocketRoute

gone = 0


def counted(endpoint):
    async def counting(*arguments):
        global gone
        try:
            return await endpoint(*arguments)
        finally:
            gone += 1

    return counting


async def ok(request):
    return PlainTextResponse("ok")


async def count(request):
    return PlainTextResponse(str(gone))


@counted
async def _upload(request):
    return PlainTextResponse(str(len(await request.body())))


async def upload(request):
    return await _upload(request)


async def pieces():
    global gone
    try:
        for _ in range(100):  # a server that does not hear of the client's end has to end all the same
            yield b"some"
            await asyncio.sleep(0.05)
    finally:
        gone += 1


async def download(request):
    return StreamingResponse(pieces())


@counted
async def _echo(websocket):
    await websocket.accept()
    while True:
        await websocket.send_text(await websocket.receive_text())


async def echo(websocket):
    await _echo(websocket)


app = Starlette(
    routes=[
        Route("/ok", ok),
        Route("/gone", count),
        Route("/upload", upload, methods=["POST"]),
        Route("/download", download),
        WebSocketRoute("/ws", echo),
    ]
)
