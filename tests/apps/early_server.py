"""A script that initialises Sentry with the arguments in OPTIONS, and then runs a server; /options tells what holds."""

import json
import os

import sentry_sdk
import uvicorn

import raw3

OPTIONS = json.loads(os.environ["OPTIONS"])


async def app(scope, receive, send):
    if scope["type"] == "http" and scope["path"] == "/options":
        client = sentry_sdk.get_client()
        told = {name: client.options[name] for name in OPTIONS}
        told["integrations"] = sorted(client.integrations)
        await raw3.respond(send, 200, json.dumps(told).encode())
    else:
        await raw3.app(scope, receive, send)


if __name__ == "__main__":
    sentry_sdk.init(**OPTIONS)
    if "NEARER" in os.environ:
        sentry_sdk.get_isolation_scope().set_client(sentry_sdk.get_client())
    uvicorn.run(app, port=0)
