"""Serve with uvicorn's Server in an event loop of one's own."""

import asyncio

import uvicorn
from raw3 import app

if __name__ == "__main__":
    asyncio.run(uvicorn.Server(uvicorn.Config(app, port=0)).serve())
