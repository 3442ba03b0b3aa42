"""Serve an import string from a script of one's own."""

import sys

import uvicorn

if __name__ == "__main__":
    uvicorn.run("raw3:app", port=0, workers=int(sys.argv[1]))
