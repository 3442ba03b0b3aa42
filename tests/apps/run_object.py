"""Serve an app object from a script of one's own."""

import os

import uvicorn
from raw3 import app

if __name__ == "__main__":
    uvicorn.run(app, port=0, log_level=os.environ.get("LOG_LEVEL"))
