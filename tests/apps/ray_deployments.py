"""Deployments that know nothing of Sentry: apps of other kinds, and some that fail."""

import logging
from contextlib import asynccontextmanager

import raw3
from fastapi import FastAPI
from ray import serve
from ray_shop import boom, fast


@serve.deployment
@serve.ingress(raw3.instance)
class Plain:
    pass


def build():
    app = FastAPI()
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


@serve.deployment(max_constructor_retry_count=2)
@serve.ingress(fast)
class Broken:
    def __init__(self):
        raise RuntimeError("no model to load")


@asynccontextmanager
async def no_database(app):
    raise ConnectionError("no database")
    yield


@serve.deployment(max_constructor_retry_count=2)
@serve.ingress(FastAPI(lifespan=no_database))
class NoDatabase:
    pass


class RefusesLifespan:
    async def __call__(self, scope, receive, send):
        assert scope["type"] == "http"


@serve.deployment(max_constructor_retry_count=2)
@serve.ingress(RefusesLifespan())
class NoLifespan:
    pass
