"""A gateway that answers some paths itself and hands the others on, to apps that it finds in a dict."""

import logging

import sentry_sdk
from a2wsgi import WSGIMiddleware
from fastapi import FastAPI
from flask_app import app as flask_app
from sanic_app import app as sanic_app
from starlette.responses import PlainTextResponse
from starlette.routing import Mount, Route, Router

api = FastAPI()


@api.options("/api/{number}")
@api.get("/api/{number}")
async def item(number: int):
    return 1 // number


@api.post("/api/{number}")
async def change(number: int):
    return 1 // number


@api.exception_handler(KeyError)
def in_a_thread(request, error):
    sentry_sdk.capture_exception(error)
    return PlainTextResponse("captured", 500)


@api.exception_handler(Exception)
def logged_in_a_thread(request, error):
    logging.getLogger("gateway").error("logged", exc_info=error)
    return PlainTextResponse("logged", 500)


@api.get("/api/raise/{name}")
async def raise_by_name(name: str):
    raise {"KeyError": KeyError, "ValueError": ValueError}[name](name)


async def leaf(request):
    return PlainTextResponse(str(1 // request.path_params["number"]))


inner = Router([Route("/leaf/{number:int}", leaf)])
mounts = Router([Mount("/deep/{tenant}", routes=[Mount("/er", inner)]), Mount("/", inner)])


class Gateway:
    def __init__(self):
        self.apps = {
            "/api": api,
            "/flask": WSGIMiddleware(flask_app),
            "/mounts": api,
            "/sanic": sanic_app,
            "/v2": api,
        }
        api.mount("/mounts", mounts)

    async def __call__(self, scope, receive, send):
        if scope["type"] == "lifespan":
            return await sanic_app(scope, receive, send)
        prefix = "/" + scope["path"].split("/")[1]
        if prefix not in self.apps:
            sentry_sdk.set_tag("own", scope["path"])
            raise ValueError(scope["path"])
        if prefix in ("/flask", "/sanic"):
            path = scope["path"][len(prefix) :]
            scope = {**scope, "path": path, "raw_path": path.encode(), "root_path": prefix}
        if prefix == "/v2":
            headers = [*scope["headers"], (b"x-added", b"by the gateway")]
            scope = {**scope, "path": f"/api{scope['path'][len(prefix) :]}", "headers": headers}
        return await self.apps[prefix](scope, receive, send)


app = Gateway()
