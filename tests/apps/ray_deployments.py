"""Deployments that know nothing of Sentry; where BY_HAND is set, instrumented as Sentry's documentation says."""

import os

if "BY_HAND" in os.environ:
    import sentry_sdk

    sentry_sdk.init(dsn=os.environ["SENTRY_DSN"], traces_sample_rate=1.0)

import logging
from contextlib import asynccontextmanager

import raw3
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


@serve.deployment
@serve.ingress(raw3.instance)
class Plain:
    pass


def build():
    app = FastAPI()
    app.add_api_route("/ok", ok)
    app.add_api_route("/boom/{number}", boom, methods=["POST"])
    return app


@serve.deployment
@serve.ingress(build)
class Built:
    pass


@serve.deployment
@serve.ingress()
class BuiltLater:
    async def __serve_build_asgi_app__(self):
        return build()


@serve.deployment
class Model:
    """No ASGI app: Ray calls it with the request."""

    def __call__(self, request):
        divisor = 0
        return 1 // divisor


@serve.deployment
@serve.ingress(FastAPI())
class Closing:
    def __del__(self):
        logging.getLogger("shop").error("closing")
        logging.getLogger("shop").error("closed")


@serve.deployment
@serve.ingress(fast)
class Broken:
    def __init__(self):
        raise RuntimeError("no model to load")


@asynccontextmanager
async def no_database(app):
    raise ConnectionError("no database")
    yield


@serve.deployment
@serve.ingress(FastAPI(lifespan=no_database))
class NoDatabase:
    pass


class RefusesLifespan:
    async def __call__(self, scope, receive, send):
        assert scope["type"] == "http"


@serve.deployment
@serve.ingress(RefusesLifespan())
class NoLifespan:
    pass
