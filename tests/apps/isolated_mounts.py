"""A FastAPI app with others mounted: of FastAPI, of Starlette, of no framework, and of Flask through a bridge."""

import isolated
from a2wsgi import WSGIMiddleware
from fastapi import FastAPI
from flask import Flask
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route

app, sub, deep = FastAPI(), FastAPI(), FastAPI()


@app.get("/own/{mark}")
async def own(mark: str):
    return await isolated.in_loop(mark)


@sub.get("/item/{mark}")
async def item(mark: str):
    return await isolated.in_loop(mark)


@deep.get("/item/{mark}")
def deep_item(mark: str):
    return isolated.in_thread(mark)


async def page(request):
    return PlainTextResponse(await isolated.in_loop(request.path_params["mark"]))


legacy = Flask("legacy")


@legacy.get("/item/<mark>")
def legacy_item(mark):
    return isolated.in_thread(mark)


sub.mount("/deep", deep)
app.mount("/sub", sub)
app.mount("/star", Starlette(routes=[Route("/item/{mark}", page)]))
app.mount("/old", WSGIMiddleware(legacy))
app.mount("/plain", isolated.plain)
