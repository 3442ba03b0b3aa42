"""A Sanic app, served as ASGI, that does with a body what the path says."""

import readers
from sanic import Sanic, text
from sanic.exceptions import ServiceUnavailable

METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]
app = Sanic("readers")


async def read(request, reader):
    body, more = None, {}
    if reader == "body":
        body = request.body
    elif reader == "form":
        found = sorted((name, value) for name, values in (request.form or {}).items() for value in values)
        files = sorted(
            (name, file.name, readers.said(file.body))
            for name, values in (request.files or {}).items()
            for file in values
        )
        more["form"] = [*found, *files]
    elif reader == "json":
        more["json"] = request.json
    elif reader == "fails":
        raise RuntimeError(f"failed {request.args.get('id')}")
    elif reader == "unavailable":
        raise ServiceUnavailable("unavailable")
    return text(readers.said(body, **more))


app.add_route(read, "/endpoint/<reader>", methods=METHODS, name="endpoint")
app.add_route(read, "/raising/<reader>", methods=METHODS, name="raising")


async def stream(request, reader):
    body, more = None, {}
    if reader == "stream":
        body = b"".join([part async for part in request.stream])
    elif reader == "half_stream":
        await request.stream.read()
    elif reader == "receive_body":
        await request.receive_body()
        body = request.body
    elif reader == "fails_unread":
        raise RuntimeError(f"failed unread {request.args.get('id')}")
    return text(readers.said(body, **more))


app.add_route(stream, "/stream/<reader>", methods=METHODS, stream=True, name="streamed")


@app.get("/mark")
async def mark(request):
    return text("mark")


sanic = app
app = readers.RaisingReceive(sanic)
