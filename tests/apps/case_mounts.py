"""A FastAPI app with others mounted below paths, within one another, and for a host."""

from fastapi import FastAPI

app, sub, deep, hosted = FastAPI(), FastAPI(), FastAPI(), FastAPI()


@deep.get("/item/{number}")
async def item(number: int):
    return 1 // number


@sub.get("/hi/{number}")
def hi(number: int):
    return 1 // number


@hosted.get("/hosted/{number}")
async def on_host(number: int):
    return 1 // number


sub.mount("/deep", deep)
app.mount("/sub", sub)
app.host("api.example.org", hosted)
