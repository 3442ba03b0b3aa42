"""An app that changes its environment, as load_dotenv does, and then initialises Sentry."""

import json
import os

import raw3
import sentry_sdk

for name, value in json.loads(os.environ["DOTENV"]).items():
    if value is None:
        del os.environ[name]
    else:
        os.environ[name] = value

sentry_sdk.init(**json.loads(os.environ.get("OPTIONS", "{}")))


async def app(scope, receive, send):
    if scope["type"] == "http" and scope["path"] == "/message":
        sentry_sdk.capture_message("noted")
        sentry_sdk.flush()
    await raw3.app(scope, receive, send)
