"""The places at which the adapters join their servers, and what stands in for the servers that are not installed."""

from __future__ import annotations

import functools
import importlib
import sys
import types
from typing import Any

# Trigger module → what its adapters replace, as module:function or module:class.method.
SEAMS: dict[str, set[str]] = {
    "a2wsgi.asgi": {"a2wsgi.asgi:ASGIMiddleware.__call__"},
    "anycorn.run": {
        "anycorn.run:anyio_worker",
        "anycorn.run:load_application",
        "anycorn.run:worker_serve",
    },
    "awslambdaric.bootstrap": {"awslambdaric.bootstrap:_get_handler"},
    "azure.functions._http_asgi": {"azure.functions._http_asgi:AsgiMiddleware.__init__"},
    "daphne.cli": {"daphne.cli:import_by_path"},
    "daphne.management.commands.runserver": {"daphne.management.commands.runserver:Command.get_application"},
    "daphne.server": {"daphne.server:Server.__init__"},
    "fastapi_cli.cli": {"fastapi_cli.cli:_run"},
    "granian.asgi": {"granian.asgi:_callback_wrapper", "granian.asgi:LifespanProtocol.__init__"},
    "granian.server": {
        "granian.server.mp:MPServer._spawn_asgi_worker",
        "granian.server.mp:MPServer._spawn_asgi_lifespan_worker",
        "granian.server.mt:MTServer._serve",
        "granian._signals:set_loop_signals",
    },
    "granian.server.embed": {"granian.server.embed:Server.serve"},
    "gunicorn.app.base": {"gunicorn.app.base:BaseApplication.wsgi"},
    "gunicorn.workers.gasgi": {"gunicorn.workers.gasgi:ASGIWorker.load_wsgi"},
    "hypercorn.asyncio.run": {
        "hypercorn.asyncio.run:load_application",
        "hypercorn.asyncio.run:worker_serve",
    },
    "hypercorn.trio.run": {"hypercorn.trio.run:load_application", "hypercorn.trio.run:worker_serve"},
    "litestar.cli._utils": {"litestar.cli._utils:LitestarEnv.from_env"},
    "mangum.adapter": {"mangum.adapter:Mangum.__init__", "mangum.adapter:Mangum.__call__"},
    "modal._runtime.asgi": {
        "modal._runtime.asgi:asgi_app_wrapper",
        "modal._runtime.asgi:LifespanManager.lifespan_shutdown",
    },
    "modal._runtime.user_code_imports": {
        "modal._runtime.user_code_imports:import_single_function_service",
        "modal._runtime.user_code_imports:import_class_service",
        "modal._runtime.user_code_imports:construct_webhook_callable",
    },
    "ray.serve._private.http_util": {
        "ray.serve._private.http_util:ASGIAppReplicaWrapper.__new__",
        "ray.serve._private.http_util:ASGIAppReplicaWrapper.__init__",
        "ray.serve._private.http_util:ASGIAppReplicaWrapper.__call__",
        "ray.serve._private.http_util:ASGIAppReplicaWrapper._set_asgi_app",
        "ray.serve._private.http_util:ASGIAppReplicaWrapper._run_asgi_lifespan_startup",
        "uvicorn.config:Config.__init__",
    },
    "ray.serve._private.replica": {
        "ray.serve._private.replica:Replica._wrap_request",
        "ray.serve._private.replica:UserCallableWrapper._call_http_entrypoint",
        "ray.serve._private.replica:UserCallableWrapper.call_destructor",
        "ray.serve._private.replica:UserCallableWrapper.initialize_callable",
    },
    "ray.serve.handle": {
        "ray.serve.handle:DeploymentHandle.remote",
        "ray.serve.handle:DeploymentResponse.__await__",
        "ray.serve.handle:DeploymentResponse.result",
        "ray.serve.handle:DeploymentResponseGenerator.__anext__",
        "ray.serve.handle:DeploymentResponseGenerator.__next__",
        "ray.serve.handle:RequestMetadata.__init__",
    },
    "socketify.asgi": {"socketify.asgi:_ASGI.__init__"},
    "socketify.cli": {"socketify.cli:load_module", "socketify.cli:execute"},
    "uvicorn.config": {
        "uvicorn.config:Config.load",
        "uvicorn.config:Config.load_app",
        "uvicorn.config:Config.bind_socket",
    },
    "uvicorn.server": {"uvicorn.server:Server._serve"},
    "zappa.asgi": {"zappa.asgi:ASGIHandler.run"},
}
# The arguments that an adapter changes where they can be called, in a process that reports.
CHANGED = {
    "granian.asgi": {"callback", "callable"},
    "granian.server": {"callback_loader", "target_loader"},
    "modal._runtime.asgi": {"asgi_app"},
}
# Of these, where the settings are not known yet, or where they name the app that is to be recognised later.
LOADERS = {"callback_loader", "target_loader"}
CONDITIONS: dict[str, dict[str, str]] = {
    "inactive": {"SENTRY_DSN": ""},
    "disabled": {
        "SENTRY_ASGI_DISABLED_SERVERS": "a2wsgi,anycorn,awslambdaric,azure-functions,daphne,granian,gunicorn"
        ",hypercorn,mangum,modal,ray,socketify,uvicorn,zappa"
    },
    "excluded": {"SENTRY_ASGI_EXCLUDED_APPS": "*:*"},
    "active": {},
}

# -- servers that are not installed, in the shape that their releases have


class ASGIAppReplicaWrapper:
    def __init__(self, app_or_func: Any) -> None: ...

    def _set_asgi_app(self, app: Any) -> None: ...

    async def _run_asgi_lifespan_startup(self) -> None: ...

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None: ...

    async def __del__(self) -> None: ...


def _run_user_code(function: Any) -> Any:
    @functools.wraps(function)
    def run(self: Any, *args: Any, **kwargs: Any) -> Any:
        return function(self, *args, **kwargs)

    return run


class UserCallableWrapper:
    _run_user_code = _run_user_code

    @_run_user_code
    async def initialize_callable(self) -> Any: ...

    @_run_user_code
    async def _call_http_entrypoint(
        self, user_method_info: Any, scope: Any, receive: Any, send: Any
    ) -> Any: ...

    @_run_user_code
    async def call_destructor(self) -> None: ...


class Replica:
    def _wrap_request(self, request_metadata: Any, ray_trace_ctx: Any = None) -> Any: ...


class RequestMetadata:
    def __init__(self, request_id: str, internal_request_id: str, call_method: str = "__call__") -> None: ...


class DeploymentHandle:
    def remote(self, *args: Any, **kwargs: Any) -> Any: ...


class DeploymentResponse:
    def __await__(self) -> Any: ...

    def result(self, *, timeout_s: Any = None) -> Any: ...


class DeploymentResponseGenerator:
    async def __anext__(self) -> Any: ...

    def __next__(self) -> Any: ...


class LifespanManager:
    async def lifespan_shutdown(self) -> None: ...


def asgi_app_wrapper(asgi_app: Any, container_io_manager: Any) -> Any: ...


def import_single_function_service(function_def: Any, ser_fun: Any) -> Any: ...


def import_class_service(
    function_def: Any, data: Any, class_id: Any, cls_args: Any = (), **more: Any
) -> Any: ...


def construct_webhook_callable(
    user_defined_callable: Any, webhook_config: Any, container_io_manager: Any
) -> Any: ...


class ASGIHandler:
    def __init__(self, app: Any, scope: Any, body: Any) -> None: ...

    def run(self) -> None: ...


STAND_INS: dict[str, list[Any]] = {
    "modal._runtime.asgi": [asgi_app_wrapper, LifespanManager],
    "modal._runtime.user_code_imports": [
        import_single_function_service,
        import_class_service,
        construct_webhook_callable,
    ],
    "ray.serve._private.http_util": [ASGIAppReplicaWrapper],
    "ray.serve._private.replica": [ASGIAppReplicaWrapper, Replica, UserCallableWrapper],
    "ray.serve.handle": [
        DeploymentHandle,
        DeploymentResponse,
        DeploymentResponseGenerator,
        RequestMetadata,
    ],
    "zappa.asgi": [ASGIHandler],
}


def trigger_module(name: str) -> Any:
    """Import the trigger, or make what stands in for one that is not installed."""
    if name == "daphne.management.commands.runserver":
        importlib.import_module("django.conf").settings.configure()
    if name not in STAND_INS:
        return importlib.import_module(name)
    module: Any = types.ModuleType(name)
    for value in STAND_INS[name]:
        value.__module__ = name
        setattr(module, value.__name__, value)
    module.api_pb2 = types.SimpleNamespace(WEBHOOK_TYPE_ASGI_APP=1, WEBHOOK_TYPE_FUNCTION=2)
    sys.modules[name] = module
    if name.startswith("ray."):
        ray: Any = types.ModuleType("ray")
        ray.get_runtime_context = lambda: types.SimpleNamespace(get_actor_id=lambda: "actor")
        sys.modules["ray"] = ray
        importlib.import_module("uvicorn.config")
    return module
