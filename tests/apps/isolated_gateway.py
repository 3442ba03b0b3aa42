"""A gateway to apps of several frameworks, each held in another way, and to paths of its own."""

import functools

import isolated
from fastapi import FastAPI
from litestar import Litestar, get
from quart import Quart
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Mount, Route

fast = FastAPI()


@fast.get("/fast/{mark}")
async def fast_in_loop(mark: str):
    return await isolated.in_loop(mark)


@fast.get("/fast-sync/{mark}")
def fast_in_thread(mark: str):
    return isolated.in_thread(mark)


async def starlette_in_loop(request):
    return PlainTextResponse(await isolated.in_loop(request.path_params["mark"]))


star = Starlette(routes=[Route("/star/{mark}", starlette_in_loop), Mount("/star-mount", isolated.plain)])
quart = Quart(__name__)


@quart.get("/quart/<mark>")
async def quart_in_loop(mark):
    return await isolated.in_loop(mark)


@get("/lite/{mark:str}", media_type="text/plain")
async def litestar_in_loop(mark: str) -> str:
    return await isolated.in_loop(mark)


lite = Litestar([litestar_in_loop])


class Inside:
    """An app inside an object, under a name that no convention knows."""

    def __init__(self, api):
        self.behind_it = api

    async def __call__(self, scope, receive, send):
        await self.behind_it(scope, receive, send)


def closing_over(api):
    async def serve(scope, receive, send):
        await api(scope, receive, send)

    return serve


async def with_options(options, api, scope, receive, send):
    await api(scope, receive, send)


class Replaced:
    """An app that becomes another one after a while."""

    def __init__(self, first, then, after):
        self.current, self.then, self.left = first, then, after

    async def __call__(self, scope, receive, send):
        self.left -= 1
        if self.left == 0:
            self.current = self.then
        await self.current(scope, receive, send)


class Gateway:
    def __init__(self):
        self.app = fast
        self.apps = {"quart": quart, "inside": Inside(star)}
        self.star = closing_over(star)
        self.lite = functools.partial(with_options, {}, lite)
        self.changing = Replaced(fast, closing_over(fast), 50)

    async def __call__(self, scope, receive, send):
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        first = scope["path"].split("/")[1]
        if first == "own":
            await isolated.plain(scope, receive, send)
        elif first in ("fast", "fast-sync"):
            await self.app(scope, receive, send)
        elif first in ("star", "star-mount"):
            await self.star(scope, receive, send)
        elif first == "lite":
            await self.lite(scope, receive, send)
        elif first in ("inside", "changing"):
            inner = "/star/" if first == "inside" else "/fast/"
            inner_scope = {**scope, "path": inner + scope["path"].rpartition("/")[2]}
            api = self.apps["inside"] if first == "inside" else self.changing
            await api(inner_scope, receive, send)
        else:
            await self.apps[first](scope, receive, send)


app = Gateway()
