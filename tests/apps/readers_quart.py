"""A Quart app that does with a body what the path says."""

import readers
from quart import Quart, abort, request

METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE"]
app = Quart(__name__)


async def read_form():
    form, files = await request.form, await request.files
    found = [[name, value] for name, value in form.items(multi=True)]
    found += [[name, file.filename, readers.said(file.read())] for name, file in files.items(multi=True)]
    return readers.said(form=found)


async def read(reader):
    body, more = None, {}
    if reader == "body":
        body = await request.get_data()
    elif reader == "stream":
        body = b"".join([part async for part in request.body])
    elif reader == "half_stream":
        async for _ in request.body:
            break
    elif reader == "form":
        return await read_form()
    elif reader == "json":
        more["json"] = await request.get_json()
    elif reader == "json_forced":
        more["json"] = await request.get_json(force=True, silent=True)
    elif reader == "body_twice":
        body = await request.get_data() + await request.get_data()
    elif reader == "fails":
        await request.get_data()
        raise RuntimeError(f"failed {request.args.get('id')}")
    elif reader == "fails_unread":
        raise RuntimeError(f"failed unread {request.args.get('id')}")
    elif reader == "unavailable":
        abort(503)
    return readers.said(body, **more)


app.add_url_rule("/endpoint/<reader>", "endpoint", read, methods=METHODS)
app.add_url_rule("/raising/<reader>", "raising", read, methods=METHODS)


@app.route("/sync/<reader>", methods=METHODS)
def read_in_thread(reader):
    return readers.said(reader=reader)


@app.get("/mark")
async def mark():
    return "mark"


class Inner:
    """A middleware within Quart's own app, which answers some paths itself."""

    def __init__(self, asgi_app):
        self.asgi_app = asgi_app

    async def __call__(self, scope, receive, send):
        if scope["type"] == "http" and scope["path"].startswith("/inner/"):
            await readers.raw(scope, receive, send)
        else:
            await self.asgi_app(scope, receive, send)


app.asgi_app = readers.RaisingReceive(Inner(app.asgi_app))
