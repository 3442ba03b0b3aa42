"""What an app may do with a request's messages, each as a plain ASGI app, and how it says what it found."""

import asyncio
import hashlib
import json
from urllib.parse import parse_qs


def said(body=None, **more):
    """Say how long a body is and which it is."""
    found = {} if body is None else {"size": len(body), "sha": hashlib.sha1(body).hexdigest()[:12]}
    return json.dumps({**found, **more})


def asked(scope, name, default="?"):
    """Look up a parameter of the query."""
    return parse_qs(scope["query_string"].decode("latin-1")).get(name, [default])[0]


def number(scope):
    return asked(scope, "id")


async def respond(send, text, status=200):
    body = text.encode()
    headers = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(body))]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


class GoneError(Exception):
    """The client has left."""


async def whole(receive, body=b""):
    """Collect the body, by its messages."""
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise GoneError
        body += message.get("body", b"")
        if not message.get("more_body"):
            return body


async def next_type(receive, seconds):
    """Name the message that comes within some seconds."""
    try:
        return (await asyncio.wait_for(receive(), seconds))["type"]
    except asyncio.TimeoutError:
        return "none"


async def none(scope, receive, send):
    await respond(send, said())


async def messages(scope, receive, send):
    await respond(send, said(await whole(receive)))


async def half(scope, receive, send):
    message = await receive()
    await respond(send, said(type=message["type"]))


async def after_end(scope, receive, send):
    body = await whole(receive)
    more = await next_type(receive, 0.02)
    await respond(send, said(body, more=more))
    print(f"after the response {number(scope)}: {await next_type(receive, 0.5)}", flush=True)


async def early(scope, receive, send):
    await respond(send, said())
    print(f"after the response {number(scope)}: {await next_type(receive, 0.5)}", flush=True)


async def two_tasks(scope, receive, send):
    """Two tasks take messages at once; what both have taken is the body."""
    parts, gone = [], []

    async def take():
        while True:
            message = await receive()
            if message["type"] == "http.disconnect":
                gone.append(message)
                return
            parts.append(message.get("body", b""))
            if not message.get("more_body"):
                return

    tasks = [asyncio.ensure_future(take()) for _ in range(2)]
    _, pending = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    for task in pending:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    if gone:
        raise GoneError
    await respond(send, said(b"".join(parts)))


async def impatient(scope, receive, send):
    """Wait for each message for a moment only, again and again."""

    async def next_message():
        while True:
            try:
                return await asyncio.wait_for(receive(), 0.002)
            except asyncio.TimeoutError:
                continue

    await respond(send, said(await whole(next_message)))


async def echo(scope, receive, send):
    """Send back each part of the body as it comes."""
    await send({"type": "http.response.start", "status": 200, "headers": [(b"x-echo", b"1")]})
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise GoneError
        more = message.get("more_body", False)
        await send({"type": "http.response.body", "body": message.get("body", b""), "more_body": more})
        if not more:
            return


async def fails(scope, receive, send):
    await whole(receive)
    raise RuntimeError(f"failed {number(scope)}")


async def fails_unread(scope, receive, send):
    raise RuntimeError(f"failed unread {number(scope)}")


RAW = {
    function.__name__: function
    for function in (
        none,
        messages,
        half,
        after_end,
        early,
        two_tasks,
        impatient,
        echo,
        fails,
        fails_unread,
    )
}


async def raw(scope, receive, send):
    """Do what the last part of the path names, and note if the client leaves."""
    try:
        await RAW[scope["path"].rstrip("/").rpartition("/")[2]](scope, receive, send)
    except GoneError:
        print(f"gone {number(scope)}", flush=True)


class FailingError(Exception):
    """Raised by a `receive`."""


class RaisingReceive:
    """A middleware: below /raising, `receive` raises at the first message, or at the last one."""

    def __init__(self, app, error=FailingError):
        self.app = app
        self.error = error

    async def __call__(self, scope, receive, send):
        if scope["type"] != "http" or not scope["path"].startswith("/raising/"):
            await self.app(scope, receive, send)
            return

        async def raising():
            message = await receive()
            if asked(scope, "at") == "first" or not message.get("more_body"):
                raise self.error(f"receive failed {number(scope)}")
            return message

        await self.app(scope, raising, send)
