"""A Lambda function that imports mangum before it makes its app, and one of its routes reads the request's body."""

from mangum import Mangum
from fastapi import FastAPI

app = FastAPI()
handler = Mangum(app)


@app.post("/boom")
async def boom(body: dict):
    return 1 // body["divisor"]
