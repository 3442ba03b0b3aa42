"""A Socket.IO server mounted over a FastAPI app, neither of which knows anything of Sentry."""

import socketio
from fastapi_app import app as fastapi_app

sio = socketio.AsyncServer(async_mode="asgi")


@sio.event
async def connect(sid, environ):
    return True


app = socketio.ASGIApp(sio, other_asgi_app=fastapi_app)
