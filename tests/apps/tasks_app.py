"""An app whose tasks fail, of the lifespan and of requests; BY_HAND sets it up as Sentry's documentation says."""

import asyncio
import os
from contextlib import asynccontextmanager

if os.environ.get("BY_HAND"):
    import sentry_sdk
    from sentry_sdk.integrations.asyncio import enable_asyncio_integration

    sentry_sdk.init(dsn=os.environ["SENTRY_DSN"], traces_sample_rate=1.0)
else:

    def enable_asyncio_integration():
        pass


from fastapi import FastAPI

kept = set()


async def fail(message):
    await asyncio.sleep(0)
    raise RuntimeError(message)


@asynccontextmanager
async def lifespan(app):
    enable_asyncio_integration()
    kept.add(asyncio.create_task(fail("of the lifespan")))
    yield


app = FastAPI(lifespan=lifespan)


@app.get("/fire")
async def fire():
    enable_asyncio_integration()  # where there is no lifespan
    kept.add(asyncio.create_task(fail("of a request")))
    return "fired"


@app.get("/gather")
async def gather():
    enable_asyncio_integration()
    results = await asyncio.gather(asyncio.sleep(0, "slept"), fail("gathered"), return_exceptions=True)
    return [str(result) for result in results]
