"""Call an app as a server does, with messages of all kinds, and print what both sides have seen: bare, or wrapped."""

import asyncio
import json
import sys
import types


class UnprintableError(Exception):
    """An error that cannot be printed."""

    def __str__(self):
        raise RuntimeError("no words")

    __repr__ = __str__


class Refusing(dict):
    """A message that cannot be read."""

    def __getitem__(self, key):
        raise RuntimeError("not to be read")

    get = __contains__ = __getitem__


START = {"type": "http.response.start", "headers": []}
MESSAGES = {
    "empty": {},
    "none": None,
    "a list": [],
    "a text": "http.response.start",
    "a number": 7,
    "type none": {"type": None},
    "type a number": {"type": 7},
    "no mapping of Python's": types.MappingProxyType({"type": "lifespan.shutdown.complete"}),
    "unreadable": Refusing(),
    "no status": START,
    "status a text": {**START, "status": "abc"},
    "status none": {**START, "status": None},
    "status true": {**START, "status": True},
    "status 500": {**START, "status": 500},
    "failed without words": {"type": "lifespan.startup.failed"},
    "failed, words of a kind": {"type": "lifespan.startup.failed", "message": 7},
    "failed, unprintable words": {"type": "lifespan.shutdown.failed", "message": UnprintableError()},
}
SCOPES = {
    "http": {"type": "http", "method": "POST", "path": "/", "headers": [], "query_string": b""},
    "no method": {"type": "http", "path": "/", "headers": [], "query_string": b""},
    "websocket": {"type": "websocket", "path": "/ws", "headers": [], "query_string": b""},
    "lifespan": {"type": "lifespan"},
}
ENDS = {
    "returns": lambda: "a value",
    "raises": lambda: 1 // 0,
    "unprintable": lambda: raised(UnprintableError()),
    "exits": lambda: raised(SystemExit(3)),
    "cancelled": lambda: raised(asyncio.CancelledError()),
}


def raised(error):
    raise error


def identify(error):
    return (
        None
        if error is None
        else [type(error).__name__, identify(error.__cause__), identify(error.__context__)]
    )


async def call(wrap, scope, message, end):
    """Call an app that receives and sends this message, and then ends so; return what was seen."""
    seen = []

    async def receive():
        return message

    async def send(given):
        seen.append(["sent", given is message])
        if given == {}:
            given["type"]
        return "what send returns"

    async def app(scope, receive, send):
        seen.append(["received", (await receive()) is message])
        try:
            seen.append(["send returned", await send(message)])
        except Exception as error:
            seen.append(["send raised", identify(error)])
        return end()

    try:
        seen.append(["returned", await wrap(app)(dict(scope), receive, send)])
    except BaseException as error:
        seen.append(["raised", identify(error)])
    return seen


async def call_and_cancel(wrap):
    """Cancel a lifespan as it says that it has shut down."""
    seen = []

    async def send(message):
        seen.append(["sent", message])

    async def app(scope, receive, send):
        await send({"type": "lifespan.shutdown.complete"})
        await asyncio.Event().wait()

    task = asyncio.ensure_future(wrap(app)({"type": "lifespan"}, None, send))
    for _ in range(3):
        await asyncio.sleep(0)
    task.cancel()
    (error,) = await asyncio.gather(task, return_exceptions=True)
    return [*seen, identify(error)]


async def main(wrap):
    results = {
        f"{kind}, {name}, {how}": await call(wrap, scope, message, end)
        for kind, scope in SCOPES.items()
        for name, message in MESSAGES.items()
        for how, end in ENDS.items()
    }
    print(json.dumps({**results, "cancelled while it flushes": await call_and_cancel(wrap)}))


def leave(app):
    return app


if __name__ == "__main__":
    if sys.argv[1:] == ["bare"]:
        asyncio.run(main(leave))
    else:
        from sentry_asgi_autoconf import wrap

        asyncio.run(main(wrap))
