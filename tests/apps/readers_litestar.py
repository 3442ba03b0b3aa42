"""A Litestar app that does with a body what the path says."""

from typing import Any

import readers
from litestar import Litestar, Request, asgi, get, route
from litestar.datastructures import UploadFile
from litestar.enums import RequestEncodingType
from litestar.exceptions import HTTPException
from litestar.middleware import DefineMiddleware
from litestar.params import Body

METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]
WITH_DATA = ["POST", "PUT", "PATCH"]


async def read_form(request):
    found = []
    for name, value in (await request.form()).multi_items():
        if isinstance(value, UploadFile):
            found.append([name, value.filename, readers.said(await value.read())])
        else:
            found.append([name, value])
    return readers.said(form=found)


async def do(request: Request, reader: str) -> str:
    body, more = None, {}
    if reader == "body":
        body = await request.body()
    elif reader == "stream":
        body = b"".join([part async for part in request.stream()])
    elif reader == "half_stream":
        async for _ in request.stream():
            break
    elif reader == "form":
        return await read_form(request)
    elif reader == "json":
        more["json"] = await request.json()
    elif reader == "messages":
        body = await readers.whole(request.receive)
    elif reader == "half":
        more["type"] = (await request.receive())["type"]
    elif reader == "after_end":
        body = await request.body()
        more["more"] = await readers.next_type(request.receive, 0.02)
    elif reader == "body_twice":
        body = await request.body() + await request.body()
    elif reader == "fails":
        await request.body()
        raise RuntimeError(f"failed {readers.number(request.scope)}")
    elif reader == "fails_unread":
        raise RuntimeError(f"failed unread {readers.number(request.scope)}")
    elif reader == "unavailable":
        raise HTTPException("unavailable", status_code=503)
    return readers.said(body, **more)


@route(["/endpoint/{reader:str}", "/raising/{reader:str}"], http_method=METHODS, status_code=200)
async def read(request: Request, reader: str) -> str:
    return await do(request, reader)


@route("/data/json", http_method=WITH_DATA, status_code=200)
async def data_json(data: dict) -> dict:
    return {"json": data}


@route("/data/form", http_method=WITH_DATA, status_code=200)
async def data_form(data: Any = Body(media_type=RequestEncodingType.URL_ENCODED)) -> dict:
    return {"form": data}


@route("/data/upload", http_method=WITH_DATA, status_code=200)
async def data_upload(data: Any = Body(media_type=RequestEncodingType.MULTI_PART)) -> dict:
    return {
        name: value if isinstance(value, str) else str(type(value).__name__)
        for name, value in (data or {}).items()
    }


@route("/data/bytes", http_method=WITH_DATA, status_code=200)
async def data_bytes(body: bytes) -> str:
    return readers.said(body)


@asgi("/mounted", is_mount=True, copy_scope=True)
async def mounted(scope: Any, receive: Any, send: Any) -> None:
    await readers.raw(scope, receive, send)


@get("/mark")
async def mark() -> str:
    return "mark"


def refusal(text):
    return HTTPException(text, status_code=422)


app = Litestar(
    [read, data_json, data_form, data_upload, data_bytes, mounted, mark],
    middleware=[DefineMiddleware(readers.RaisingReceive, error=refusal)],
)
