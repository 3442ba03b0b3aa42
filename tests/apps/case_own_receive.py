"""A FastAPI app whose endpoint takes the messages of the body itself, to stop at a size."""

from fastapi import FastAPI, Request

app = FastAPI()


@app.post("/upload")
async def upload(request: Request):
    size = 0
    while True:
        message = await request.receive()
        size += len(message.get("body", b""))
        if not message.get("more_body"):
            return {"size": size}


@app.get("/ok")
async def ok():
    return "ok"
