"""Serve a FastAPI app object from the script that makes it."""

import uvicorn
from fastapi_app import app

if __name__ == "__main__":
    uvicorn.run(app, port=0)
