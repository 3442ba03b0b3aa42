"""Play the Functions worker: azure_worker.py MODULE PATH… runs the HTTP function of a function app for each path."""

import asyncio
import importlib
import sys
import threading
from types import SimpleNamespace

import azure.functions

CONTEXT = SimpleNamespace(
    function_directory="/home/site/wwwroot",
    function_name="http_app_func",
    invocation_id="b16a7e5e-8a55-4a5a-bd6e-d5a7a3ddf7b1",
    thread_local_storage=threading.local(),
    trace_context=None,
    retry_context=None,
)


def index(module):
    """Return the function as the worker finds it, in either programming model."""
    for value in vars(module).values():
        if isinstance(value, azure.functions.FunctionRegister):
            (function,) = value.get_functions()
            return function.get_user_function()
    return module.main


async def invoke(function, path):
    headers = {"host": "example.com", "user-agent": "functions"}
    request = azure.functions.HttpRequest("GET", f"https://example.com{path}", headers=headers, body=b"")
    try:
        if asyncio.iscoroutinefunction(function):
            return (await function(request, CONTEXT)).status_code
        loop = asyncio.get_running_loop()
        return (await loop.run_in_executor(None, function, request, CONTEXT)).status_code
    except Exception as error:
        return type(error).__name__


async def main():
    function = index(importlib.import_module(sys.argv[1]))
    for path in sys.argv[2:]:
        print(path, await invoke(function, path), flush=True)
    # The host ends a worker by a signal.
    await asyncio.Event().wait()


asyncio.run(main())
