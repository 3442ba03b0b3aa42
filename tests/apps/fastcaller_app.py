"""A FastAPI app that asks another service, then fails."""

import os
import urllib.request

from fastapi import FastAPI

app = FastAPI()


@app.get("/{name}")
async def call(name: str):
    urllib.request.urlopen(os.environ["SERVICE"]).read()
    if name == "boom":
        raise KeyError("after the call")
    return name
