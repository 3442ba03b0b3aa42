"""A FastAPI app that knows nothing of Sentry."""

from fastapi import Body, FastAPI, Request, WebSocket
from starlette.middleware.gzip import GZipMiddleware

app = FastAPI()
app.add_middleware(GZipMiddleware)


@app.get("/ok")
async def ok():
    return "ok"


@app.get("/items/{number}")
async def item(number: int):
    return {"number": number}


@app.get("/boom")
async def boom(request: Request):
    divisor = 0
    return 1 // divisor


@app.post("/divide")
async def divide(by: int = Body(embed=True)):
    return 1 // by


@app.get("/sync/{by}")
def sync(by: int):
    return 1 // by


@app.websocket("/ws")
async def echo(websocket: WebSocket):
    await websocket.accept()
    text = await websocket.receive_text()
    if text == "boom":
        raise RuntimeError("websocket boom")
    await websocket.send_text(text)
    await websocket.close()


def create_app():
    return app
