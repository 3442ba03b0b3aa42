"""Play the part of Modal's container that needs an account: modal_container.py FUNCTION KIND PATH…

It hands to modal's own code the function that a container would be given, and to the callable that comes of it the
messages that Modal's server would send; it runs the lifespan as a container does.
"""

import asyncio
import inspect
import os
import sys
import traceback

from modal._runtime import execution_context, user_code_imports
from modal_proto import api_pb2


class GetDataIn:
    """What a container reads the messages of a request from."""

    @staticmethod
    async def aio(*arguments):
        yield {"type": "http.request", "body": b"", "more_body": False}
        await asyncio.Event().wait()


class ContainerIOManager:
    get_data_in = GetDataIn


def definition(function, kind):
    webhook = api_pb2.WebhookConfig(type=getattr(api_pb2, f"WEBHOOK_TYPE_{kind}"), method="GET")
    return api_pb2.Function(
        module_name=os.environ.get("MODULE", "modal_functions"),
        function_name=function,
        webhook_config=webhook,
    )


def finalized(defined):
    load = user_code_imports.import_single_function_service
    others = [None] * (len(inspect.signature(load).parameters) - 1)
    return load(defined, *others).get_finalized_functions(defined, ContainerIOManager)[""]


async def request(callable_, path):
    path, _, query = path.partition("?")
    scope = {
        "type": "http",
        "http_version": "1.1",
        "method": "GET",
        "scheme": "https",
        "path": path,
        "raw_path": path.encode(),
        "query_string": query.encode(),
        "headers": [(b"host", b"example.modal.run"), (b"user-agent", b"modal")],
        "client": ("127.0.0.1", 1),
        "server": ("example.modal.run", 443),
    }
    status = None
    try:
        async for message in callable_(scope):
            status = message.get("status", status)
    except Exception as error:
        status = status or type(error).__name__
    print(path, status, flush=True)


async def main():
    try:
        function = finalized(definition(sys.argv[1], sys.argv[2]))
    except Exception:
        traceback.print_exc()
        sys.exit(1)
    lifespan = asyncio.create_task(function.lifespan_manager.background_task())
    await function.lifespan_manager.lifespan_startup()
    set_ids = execution_context._set_current_context_ids
    set_ids(*(["id"] for _ in inspect.signature(set_ids).parameters))
    for path in sys.argv[3:]:
        await request(function.callable, path)
    if os.environ.get("STAYS"):
        await asyncio.Event().wait()
    await function.lifespan_manager.lifespan_shutdown()
    lifespan.cancel()


asyncio.run(main())
if os.environ.get("KILLED"):
    os.kill(os.getpid(), 9)
