"""An app whose own init is in its lifespan, with the asyncio integration."""

import asyncio
from contextlib import asynccontextmanager

import sentry_sdk
from fastapi import FastAPI
from sentry_sdk.integrations.asyncio import AsyncioIntegration
from tasks_app import fail, fire, kept


@asynccontextmanager
async def lifespan(app):
    sentry_sdk.init(integrations=[AsyncioIntegration()])
    kept.add(asyncio.create_task(fail("of the lifespan")))
    yield


app = FastAPI(lifespan=lifespan)
app.get("/fire")(fire)
