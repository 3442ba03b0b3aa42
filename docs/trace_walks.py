"""Serve a plain app by uvicorn and note which functions of the package are entered: run by generate_architecture.py.

An option's walk begins as the settings are read and ends as the SDK is called; a request's is all of one request.
"""

from __future__ import annotations

import asyncio
import inspect
import json
import os
import sys
import threading
from pathlib import Path
from types import FrameType
from typing import Any

import uvicorn

PACKAGE = os.sep + "sentry_asgi_autoconf" + os.sep
SDK = str(Path("sentry_sdk") / "_init_implementation.py")

Walk = "dict[str, list[str]]"
walks: dict[str, dict[str, list[str]]] = {"an option": {}, "a request": {}}
noted: list[str] = []  # the walk that is noted at the moment


def note(frame: FrameType, event: str, argument: object) -> None:
    """Add a function that is entered, once."""
    if event != "call":
        return
    code = frame.f_code
    name: str = code.co_qualname.replace(".<locals>", "")
    if name == "Runtime.read_settings" and not walks["an option"]:
        noted[:] = ["an option"]
    elif code.co_filename.endswith(SDK) and code.co_name == "_init":
        noted.clear()
    is_function = code.co_flags & inspect.CO_OPTIMIZED and "<" not in name
    if noted and is_function and PACKAGE in code.co_filename and not is_importing(frame):
        module = code.co_filename.partition(PACKAGE)[2].replace(os.sep, "/")
        if noted == ["a request"] and module.startswith("servers/"):
            return  # what is around the server itself, which looks ten times a second whether it is to end
        functions = walks[noted[0]].setdefault(module, [])
        if name not in functions:
            functions.append(name)


def is_importing(frame: FrameType) -> bool:
    """Whether a function only makes a constant, while a module of the package is being imported."""
    caller = frame.f_back
    while caller is not None and PACKAGE in caller.f_code.co_filename:
        if caller.f_code.co_name == "<module>":
            return True
        caller = caller.f_back
    return False


async def app(scope: Any, receive: Any, send: Any) -> None:
    """Answer every request."""
    if scope["type"] == "http":
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"2")]})
        await send({"type": "http.response.body", "body": b"ok"})


async def main() -> None:
    """Serve two requests, of which the second is noted: the first is slower."""
    server = uvicorn.Server(uvicorn.Config(app, port=0, log_level="warning", lifespan="off"))
    serving = asyncio.ensure_future(server.serve())
    while not server.started:
        await asyncio.sleep(0.01)
    port = server.servers[0].sockets[0].getsockname()[1]
    await request(port)
    noted[:] = ["a request"]
    await request(port)
    noted.clear()
    server.should_exit = True
    await serving


async def request(port: int) -> None:
    """Request `/`, and read the whole answer."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(b"GET / HTTP/1.1\r\nHost: walk\r\nConnection: close\r\n\r\n")
    assert (await reader.read()).startswith(b"HTTP/1.1 200 ")
    writer.close()


threading.setprofile(note)
sys.setprofile(note)
asyncio.run(main())
sys.setprofile(None)
print(json.dumps(walks))
