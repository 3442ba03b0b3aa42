"""An app that initialises the SDK itself while it starts, after the server has loaded it."""

import contextlib

import sentry_sdk
from fastapi import FastAPI


@contextlib.asynccontextmanager
async def lifespan(app):
    sentry_sdk.init(traces_sample_rate=1.0)
    yield


app = FastAPI(lifespan=lifespan)


@app.get("/{name}")
async def get(name: str):
    sentry_sdk.get_current_span().set_data("name", name)
    return name
