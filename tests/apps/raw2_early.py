"""A plain ASGI 2 app that knows nothing of Sentry, and fails before it responds."""

from raw3 import app as raw3


def app(scope):
    async def asgi(receive, send):
        await raw3(scope, receive, send)

    return asgi
