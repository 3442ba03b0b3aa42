"""A FastAPI app whose websockets end as in the first example of FastAPI's documentation: by the client's leaving."""

from typing import Optional

from fastapi import Depends, FastAPI, Query, WebSocket, WebSocketException, status

app = FastAPI()


async def token(t: Optional[str] = Query(None)):
    if t == "no":
        raise WebSocketException(code=status.WS_1008_POLICY_VIOLATION)
    return t


@app.websocket("/ws/{room}")
async def chat(websocket: WebSocket, room: int, given=Depends(token)):
    await websocket.accept()
    while True:
        text = await websocket.receive_text()
        if text == "bad":
            raise ValueError("in the socket")
        await websocket.send_text(text)
