"""A deployment that knows nothing of Sentry; where BY_HAND is set, instrumented as Sentry's documentation says."""

import asyncio
import os

if "BY_HAND" in os.environ:
    import sentry_sdk

    sentry_sdk.init(dsn=os.environ["SENTRY_DSN"], traces_sample_rate=1.0)

from fastapi import FastAPI
from pydantic import BaseModel
from ray import serve


class Order(BaseModel):
    article: str


fast = FastAPI()


@fast.get("/ok")
async def ok():
    return os.getpid()


@fast.get("/items/{number}")
async def item(number: int):
    return {"number": number}


async def fail():
    raise RuntimeError("gathered")


@fast.get("/gather")
async def gather():
    return len(await asyncio.gather(fail(), return_exceptions=True))


@fast.post("/boom/{number}")
async def boom(number: int, order: Order):
    divisor = 0
    return number // divisor


@fast.post("/sync/{number}")
def sync(number: int, order: Order):
    divisor = 0
    return number // divisor


@serve.deployment
@serve.ingress(fast)
class Shop:
    def __init__(self):
        self.divisor = 0

    @fast.post("/orders/{number}")
    async def order(self, number: int, order: Order):
        divisor = self.divisor
        return number // divisor
