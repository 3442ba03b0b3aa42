"""Join AWS's runtime client, mangum and zappa: functions in Lambda, and the ASGI apps that they serve there.

The process is frozen as soon as it has answered. The SDK's integration reports each call of the function; where an app
serves it, the transaction of its request stands for both.
"""

from __future__ import annotations

import functools
import importlib.util
import os
import sys
from types import ModuleType
from typing import Any, Generator

from sentry_asgi_autoconf.servers.patching import Call
from sentry_asgi_autoconf.servers.server import AdapterRuntime, Server
from sentry_asgi_autoconf.servers.wrapped_apps import WrappedApps

_LAMBDA = ("AWS_LAMBDA_RUNTIME_API", "AWS_LAMBDA_FUNCTION_NAME")
_INTEGRATION = "aws_lambda"
_ERROR_LOGGERS = ["mangum.lifespan"]


def join_runtime_client(module: ModuleType, runtime: AdapterRuntime) -> None:
    """Initialise before Lambda's runtime client imports the handler's module, and have its calls reported after."""
    server = runtime.server("awslambdaric", error_loggers=_ERROR_LOGGERS)

    def get_handler(call: Call) -> Generator[None, Any, None]:
        if importlib.util.find_spec("zappa_settings"):  # whose variables zappa sets with the first request
            return
        name = _import_string(call.argument("handler", None))
        with server.loading(name):
            yield
        if not server.is_active or server.stands_aside(name):
            return
        # Not before: the integration would report once more that the module cannot be imported.
        if not _reports_functions() and "mangum" not in sys.modules:
            server.deactivate()

    server.around(module, "_get_handler", get_handler)


def _import_string(handler: Any) -> str | None:
    """Return a function's handler, `directory/module.attribute`, as apps are named elsewhere."""
    module, _, attribute = str(handler or "").replace("/", ".").rpartition(".")
    return f"{module}:{attribute}" if module else None


def _reports_functions() -> bool:
    """Have the SDK's integration report the function's calls, unless the client's options say otherwise."""
    import sentry_sdk

    from sentry_asgi_autoconf.integrations import auto_enabling

    client = sentry_sdk.get_client()
    if client.get_integration(_INTEGRATION) is None and auto_enabling.is_wanted(client, _INTEGRATION):
        from sentry_sdk.integrations.aws_lambda import AwsLambdaIntegration

        auto_enabling.set_up(
            client, functools.partial(auto_enabling.instance_of, AwsLambdaIntegration, timeout_warning=True)
        )
    return client.get_integration(_INTEGRATION) is not None


def join_adapter(module: ModuleType, runtime: AdapterRuntime) -> None:
    """Wrap the app of each handler, in Lambda when it is made, elsewhere when it is called."""
    server = runtime.server("mangum", error_loggers=_ERROR_LOGGERS)
    apps = WrappedApps(server)
    serves = any(name in os.environ for name in _LAMBDA)

    def construct(call: Call) -> Generator[None, Any, None]:
        yield
        if serves:
            apps.put(call.instance, "app")

    handler = server.require(module, "Mangum")
    server.around(handler, "__init__", construct)
    server.around(handler, "__call__", functools.partial(_serve, server, apps))
    if serves:
        # The handler's module is being imported: its routes are made after this.
        server.prepare()


def join_zappa(module: ModuleType, runtime: AdapterRuntime) -> None:
    """Wrap the app of each request's handler, the same app once."""
    server = runtime.server("zappa")
    apps = WrappedApps(server)
    server.around(server.require(module, "ASGIHandler"), "run", functools.partial(_serve, server, apps))


def _serve(server: Server, apps: WrappedApps, call: Call) -> Generator[None, Any, None]:
    """Serve an app's request; what was captured is sent before the process is frozen."""
    apps.put(call.instance, "app")
    is_reported = server.is_active and _stands_for_function()
    try:
        yield
    finally:
        if not is_reported:  # else the integration flushes, with what the function captures after this
            server.flush()


def _stands_for_function() -> bool:
    """Whether the function's call is reported; its transaction is left out, as the request has its own."""
    import sentry_sdk

    # Where spans are streamed, one that has begun cannot be taken back.
    transaction = getattr(sentry_sdk.Scope.get_current_scope().span, "containing_transaction", None)
    is_of_function = getattr(transaction, "op", None) == "function.aws"
    if transaction is not None and is_of_function:
        transaction.sampled = False
    return is_of_function
