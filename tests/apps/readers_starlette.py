"""A Starlette app that does with a body what the path says."""

import readers
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.base import BaseHTTPMiddleware
from starlette.responses import PlainTextResponse
from starlette.routing import Mount, Route

METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]


async def read_form(request):
    form = await request.form()
    found = []
    for name, value in form.multi_items():
        if isinstance(value, str):
            found.append([name, value])
        else:
            found.append([name, value.filename, readers.said(await value.read())])
    return readers.said(form=found)


async def read(request):
    reader = request.path_params["reader"]
    body, more = None, {}
    if reader == "body":
        body = await request.body()
    elif reader == "stream":
        body = b"".join([part async for part in request.stream()])
    elif reader == "half_stream":
        async for _ in request.stream():
            break
    elif reader == "form":
        return PlainTextResponse(await read_form(request))
    elif reader == "json":
        try:
            more["json"] = await request.json()
        except ValueError as error:
            raise HTTPException(400, "malformed") from error
    elif reader == "json_raises":
        more["json"] = await request.json()
    elif reader == "messages":
        body = await readers.whole(request.receive)
    elif reader == "half":
        more["type"] = (await request.receive())["type"]
    elif reader == "after_end":
        body = await request.body()
        more["more"] = await readers.next_type(request.receive, 0.02)
    elif reader == "disconnected":
        body = await request.body()
        more["disconnected"] = await request.is_disconnected()
    elif reader == "body_twice":
        body = await request.body() + await request.body()
    elif reader == "fails":
        await request.body()
        raise RuntimeError(f"failed {readers.number(request.scope)}")
    elif reader == "fails_unread":
        raise RuntimeError(f"failed unread {readers.number(request.scope)}")
    elif reader == "unavailable":
        raise HTTPException(503, "unavailable")
    return PlainTextResponse(readers.said(body, **more))


def read_in_thread(request):
    return PlainTextResponse(readers.said(reader=request.path_params["reader"]))


async def inner(request):
    return readers.raw


async def mark(request):
    return PlainTextResponse("mark")


class Reads(BaseHTTPMiddleware):
    async def dispatch(self, request, call_next):
        if readers.asked(request.scope, "first") == "body":
            await request.body()
        return await call_next(request)


class Passes(BaseHTTPMiddleware):
    async def dispatch(self, request, call_next):
        response = await call_next(request)
        response.headers["x-passed"] = "1"
        return response


def refusal(text):
    return HTTPException(422, text)


def routes():
    return [Route("/{reader}", read, methods=METHODS)]


app = Starlette(
    routes=[
        Route("/mark", mark),
        Mount("/endpoint", routes=routes()),
        Mount("/raising", routes=routes()),
        Route("/sync/{reader}", read_in_thread, methods=METHODS),
        Route("/inner/{reader}", inner, methods=METHODS),
        Mount("/mounted", readers.raw),
        Mount("/reads", Starlette(routes=routes(), middleware=[Middleware(Reads)])),
        Mount("/passes", Starlette(routes=routes(), middleware=[Middleware(Passes)])),
    ],
    middleware=[Middleware(readers.RaisingReceive, error=refusal)],
)
