"""A FastAPI app of every kind of route, for servers that are handed the object."""

from fastapi import Body, FastAPI, HTTPException

app = FastAPI()


@app.get("/items/{number}")
async def item(number: int):
    return 1 // number


@app.get("/sync/items/{number}")
def sync_item(number: int):
    return 1 // number


@app.post("/post")
async def post(body: dict = Body()):
    return 1 // body["n"]


@app.get("/made")
async def made():
    raise HTTPException(500, "made")
