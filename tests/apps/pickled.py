"""An app that captures an error with a client that went through pickle, as where it is handed to another process."""

import importlib
import os
import pickle

import raw3
import sentry_sdk

if os.environ.get("OWN_INIT"):
    hooks = importlib.import_module("hooks")
    sentry_sdk.init(environment="of-the-app", before_send=hooks.before_send, traces_sampler=hooks.always)


async def app(scope, receive, send):
    if scope["type"] == "lifespan":
        await raw3.lifespan(receive, send)
        return
    client = pickle.loads(pickle.dumps(sentry_sdk.get_client()))
    sentry_sdk.set_tag("cookie", dict(scope["headers"])[b"cookie"].decode())
    with sentry_sdk.isolation_scope() as fork:
        fork.set_client(client)
        with sentry_sdk.start_transaction(name="pickled", op="task"):
            sentry_sdk.capture_message("captured")
        client.flush()
    await raw3.respond(send, 200, b"ok")
