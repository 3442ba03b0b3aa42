"""Call the app that a server would serve in a loop, and print the CPU time of one request: the best of some runs.

Arguments: the app's import string, the path to request, requests a run, runs, and after how many requests to pause
until what they send has been sent; 0 for never.
"""

import asyncio
import json
import sys
import time

from headers import HEADERS
from uvicorn.config import Config

PAUSE = 0.02  # seconds


def served(import_string):
    """Load the app as uvicorn does, with all that its environment does to that, but for uvicorn's own middleware."""
    config = Config(import_string, log_config=None, proxy_headers=False)
    config.load()
    return config.loaded_app


def scope(path):
    return {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": "1.1",
        "server": ("127.0.0.1", 8000),
        "client": ("127.0.0.1", 50000),
        "scheme": "http",
        "method": "GET",
        "root_path": "",
        "path": path,
        "raw_path": path.encode(),
        "query_string": b"",
        "headers": list(HEADERS),
        "state": {},
    }


async def receive():
    return {"type": "http.request", "body": b"", "more_body": False}


def pause():
    """Wait while other threads work: a loop that never waits leaves them so little that what they queue is dropped."""
    before = -1.0
    while time.process_time() - before > PAUSE / 40:
        before = time.process_time()
        time.sleep(PAUSE)


async def run(app, path, requests, at_once):
    """Return the CPU seconds of one request, all threads of the process included."""
    statuses = []

    async def send(message):
        if message["type"] == "http.response.start":
            statuses.append(message["status"])

    start = time.process_time()
    for number in range(1, requests + 1):
        await app(scope(path), receive, send)
        if at_once and number % at_once == 0:
            pause()
    spent = time.process_time() - start
    assert statuses == [200] * requests, set(statuses)
    return spent / requests


async def main(import_string, path, requests, runs, at_once):
    app = served(import_string)
    await run(app, path, min(requests, 200), at_once)  # the first ones build what later ones use
    print(json.dumps(min([await run(app, path, requests, at_once) for _ in range(runs)])))


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:3], *map(int, sys.argv[3:])))
