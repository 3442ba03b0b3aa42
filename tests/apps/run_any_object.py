"""Serve the app object of a module that was imported before the server was called."""

import importlib
import sys

import uvicorn

if __name__ == "__main__":
    uvicorn.run(importlib.import_module(sys.argv[1]).app, port=0)
