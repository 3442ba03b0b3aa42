"""A FastAPI app that knows nothing of Sentry, nor of the other libraries in its environment."""

from fastapi import FastAPI

app = FastAPI()


@app.get("/items/{number}")
async def item(number: int):
    return {"number": number}


@app.get("/health")
async def health():
    return "ok"


@app.get("/boom")
async def boom():
    raise RuntimeError("boom")
