"""A plain ASGI app that imports its HTTP client when a request needs it, in a coroutine or in a thread."""

import asyncio

from raw3 import lifespan, respond


def url_of(scope):
    host, port = scope["server"]
    return f"http://{host}:{port}/ok"


async def in_coroutine(scope):
    import httpx

    async with httpx.AsyncClient(trust_env=False) as client:
        return await client.get(url_of(scope))


def in_thread(scope):
    from httpx import Client

    with Client(trust_env=False) as client:
        return client.get(url_of(scope))


async def app(scope, receive, send):
    if scope["type"] == "lifespan":
        await lifespan(receive, send)
    elif scope["path"] == "/coroutine":
        await respond(send, (await in_coroutine(scope)).status_code, b"asked")
    elif scope["path"] == "/thread":
        response = await asyncio.get_running_loop().run_in_executor(None, in_thread, scope)
        await respond(send, response.status_code, b"asked")
    elif scope["path"] == "/imported":
        import sys

        await respond(send, 200, ",".join(sys.modules).encode())
    else:
        await respond(send, 200, b"ok")
