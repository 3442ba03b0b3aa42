"""An app that initialises the SDK itself, for errors only, and takes it that each request has a span."""

import sentry_sdk
from fastapi import FastAPI

sentry_sdk.init()
app = FastAPI()


@app.get("/{name}")
async def get(name: str):
    sentry_sdk.get_current_span().set_data("name", name)
    return name
