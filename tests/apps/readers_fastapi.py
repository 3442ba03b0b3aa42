"""A FastAPI app that does with a body what the path says."""

import readers
import readers_starlette
from fastapi import APIRouter, Body, Depends, FastAPI, File, Form, Request, UploadFile
from pydantic import BaseModel
from starlette.middleware import Middleware

METHODS = readers_starlette.METHODS


class Thing(BaseModel):
    n: int
    text: str = ""


async def found_body(request: Request):
    return await request.body()


router = APIRouter()


@router.api_route("/json_param", methods=METHODS)
async def json_param(body: dict = Body()):
    return {"json": body}


@router.api_route("/model", methods=METHODS)
async def model(thing: Thing):
    return thing


@router.api_route("/sync_model", methods=METHODS)
def sync_model(thing: Thing):
    return thing


@router.api_route("/form_param", methods=METHODS)
async def form_param(a: str = Form("none"), b: str = Form("none")):
    return {"a": a, "b": b}


@router.api_route("/upload", methods=METHODS)
async def upload(file: UploadFile = File()):
    return {"name": file.filename, "file": readers.said(await file.read())}


@router.api_route("/bytes", methods=METHODS)
async def read_bytes(body: bytes = Body()):
    return readers.said(body)


@router.api_route("/dependency", methods=METHODS)
async def dependency(body=Depends(found_body)):
    return readers.said(body)


@router.api_route("/fails_param", methods=METHODS)
async def fails_param(request: Request, body: dict = Body()):
    raise RuntimeError(f"failed {readers.number(request.scope)}")


@router.api_route("/inner/{reader}", methods=METHODS)
async def inner(request: Request, reader: str):
    return await readers_starlette.inner(request)


@router.api_route("/{reader}", methods=METHODS)
async def read(request: Request, reader: str):
    return await readers_starlette.read(request)


app = FastAPI(middleware=[Middleware(readers.RaisingReceive, error=readers_starlette.refusal)])
app.add_route("/mark", readers_starlette.mark)
for prefix in ("/endpoint", "/raising"):
    app.include_router(router, prefix=prefix)
mounted = FastAPI()
mounted.include_router(router)
app.mount("/sub", mounted)
app.mount("/mounted", readers.raw)
