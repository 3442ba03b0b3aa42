"""Says which modules are imported, and which files of distributions' metadata were opened."""

import sys

import sentry_sdk.utils

opened = []


def notice(event, arguments):
    if event == "open" and str(arguments[0]).endswith(("METADATA", "PKG-INFO")):
        opened.append(str(arguments[0]))


sys.addaudithook(notice)


async def app(scope, receive, send):
    if scope["type"] == "lifespan":
        for part in ("startup", "shutdown"):
            await receive()
            await send({"type": f"lifespan.{part}.complete"})
        return
    if scope["path"] == "/boom":
        raise ValueError("boom")
    if scope["path"] == "/prepared":
        opened[:] = ["prepared"] if sentry_sdk.utils._installed_modules else []
    text = "\n".join([*sorted(sys.modules), *opened])
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": text.encode()})
