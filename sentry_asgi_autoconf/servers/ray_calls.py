"""Join Ray Serve's deployments that are no ASGI apps, and its calls by handle, from whatever process that reports."""

from __future__ import annotations

import functools
from contextvars import ContextVar
from types import ModuleType
from typing import Any, Generator

from sentry_asgi_autoconf.servers import patching
from sentry_asgi_autoconf.servers.patching import Call
from sentry_asgi_autoconf.servers.ray_serve import is_replica, ray_server, tell_of_replica
from sentry_asgi_autoconf.servers.server import AdapterRuntime, Server

# Of a replica's wrapper of what its author has written: the ASGI app that stands for it.
_SERVED = "_sentry_asgi_autoconf_served"
# Of what a call tells the replica, beside what Ray tells: Ray hands on all attributes.
_HEADERS = "sentry_headers"
_OF_TRACE = ("sentry-trace", "baggage")
_SPAN = "_sentry_asgi_autoconf_span"
_IN_USER_LOOP = ("initialize_callable", "_call_http_entrypoint", "call_destructor")
# What gives the answer of a call.
_ANSWERS = {"DeploymentResponse": ("result",), "DeploymentResponseGenerator": ("__anext__", "__next__")}

# The HTTP request that the served app is to answer, and the headers of the call that is being made.
_entering: ContextVar[Call] = ContextVar("sentry_asgi_autoconf_entering")
_headers: ContextVar[dict[str, str] | None] = ContextVar("sentry_asgi_autoconf_headers", default=None)


def join_replica(module: ModuleType, runtime: AdapterRuntime) -> None:
    """Initialise before a replica constructs what is no ASGI app, and report each call: in releases with a place."""
    replica: Any = getattr(module, "Replica", None)
    wrapper: Any = getattr(module, "UserCallableWrapper", None)
    if not (hasattr(replica, "_wrap_request") and hasattr(wrapper, "_call_http_entrypoint")):
        return
    server = ray_server(runtime)
    # Coroutine functions, which this decorator has run in the event loop of the author's code.
    in_user_loop = server.require(wrapper, "_run_user_code")
    initialise, entrypoint, destroy = (
        server.require(server.require(wrapper, name), "__wrapped__") for name in _IN_USER_LOOP
    )
    replacements = (
        patching.around(initialise, functools.partial(_initialise, server, module), server.attempt),
        _entrypoint(server, entrypoint),
        patching.around(destroy, functools.partial(_end, server), server.attempt),
    )
    for name, replacement in zip(_IN_USER_LOOP, replacements):
        setattr(wrapper, name, in_user_loop(replacement))
    server.around(replica, "_wrap_request", functools.partial(_report, server))


def _initialise(server: Server, module: Any, call: Call) -> Generator[None, Any, None]:
    definition = call.instance._deployment_def
    is_asgi = isinstance(definition, type) and issubclass(definition, module.ASGIAppReplicaWrapper)
    name = f"{definition.__module__}:{definition.__qualname__}"
    if is_asgi or not is_replica() or server.stands_aside(name):
        return
    with server.loading(name):
        server.attempt(lambda: tell_of_replica(server), None)
        yield
    app = _app_of(definition)
    served = server.wrap(app, name=name)
    if served is not app:
        setattr(call.instance, _SERVED, served)


def _app_of(definition: Any) -> Any:
    """Return an ASGI app that has Ray answer the request at hand, under the name of what its author has written."""

    async def app(scope: Any, receive: Any, send: Any) -> Any:
        return await _entering.get().with_argument("send", send)()

    app.__module__, app.__qualname__ = definition.__module__, definition.__qualname__
    return app


def _entrypoint(server: Server, original: Any) -> Any:
    @functools.wraps(original)
    async def entrypoint(*args: Any, **kwargs: Any) -> Any:
        call = Call(original, *args, **kwargs)
        arguments = server.attempt(lambda: _asgi_arguments(call), None)
        if arguments is None:
            return await call()
        _entering.set(call)
        return await vars(call.instance)[_SERVED](*arguments)

    return entrypoint


def _asgi_arguments(call: Call) -> tuple[Any, Any, Any] | None:
    if _SERVED not in vars(call.instance):
        return None
    # By which the SDK's middleware names the transaction.
    endpoint = call.argument("user_method_info").callable
    return {"endpoint": endpoint, **call.argument("scope")}, call.argument("receive"), call.argument("send")


def _end(server: Server, call: Call) -> Generator[None, Any, None]:
    try:
        yield
    finally:
        if _SERVED in vars(call.instance):
            # Ray kills the replica as soon as it knows that this has ended.
            server.flush()


def _report(server: Server, call: Call) -> Generator[None, Any, Any]:
    manager = yield
    metadata = call.argument("request_metadata")
    if not server.is_active or metadata.is_http_request:  # whose app reports
        return None
    from sentry_asgi_autoconf.serving.called_method import CalledMethod

    name = f"{call.instance._deployment_id.name}.{metadata.call_method}"
    about = {"ray_serve": {"deployment": call.instance._deployment_id.name, "method": metadata.call_method}}
    return CalledMethod(manager, name, server.attempt(lambda: _headers_of(metadata), {}), about)


def _headers_of(metadata: Any) -> dict[str, str]:
    """Return the headers of the caller's trace: of a handle, or those that a client of Serve's gRPC ingress sends."""
    if metadata.is_grpc_request:
        return {key: value for key, value in metadata.grpc_context.invocation_metadata() if key in _OF_TRACE}
    handed_on: dict[str, str] = getattr(metadata, _HEADERS, {})
    return handed_on


def join_handles(module: ModuleType, runtime: AdapterRuntime) -> None:
    """Have each call by handle continue its caller's trace, with a span of its own."""
    server = ray_server(runtime)
    metadata = server.require(module, "RequestMetadata")
    handle = server.require(module, "DeploymentHandle")
    server.around(handle, "remote", functools.partial(_call, server))
    server.around(metadata, "__init__", _hand_on)
    for name, methods in _ANSWERS.items():
        for method in methods:
            server.around(server.require(module, name), method, _answer)
    server.around(server.require(module, "DeploymentResponse"), "__await__", _await)


def _call(server: Server, call: Call) -> Generator[None, Any, None]:
    if not server.is_active:
        return
    from sentry_asgi_autoconf.serving import called_method
    from sentry_asgi_autoconf.serving.server_noise import server_noise

    server_noise.expect_errors_of_others()
    method = call.instance.handle_options.method_name
    with called_method.submitted(f"{call.instance.deployment_id.name}.{method}") as (headers, span):
        token = _headers.set(headers)
        try:
            response = yield
        finally:
            _headers.reset(token)
    object.__setattr__(response, _SPAN, span)


def _hand_on(call: Call) -> Generator[None, Any, None]:
    yield
    headers = _headers.get()
    if headers:
        object.__setattr__(call.instance, _HEADERS, headers)


def _answer(call: Call) -> Generator[None, Any, None]:
    try:
        yield
    finally:
        _extend(_span_of(call.instance))


def _await(call: Call) -> Generator[None, Any, Any]:
    answer, span = (yield), _span_of(call.instance)
    return None if span is None else _awaited(answer, span)


def _awaited(answer: Any, span: Any) -> Generator[Any, Any, Any]:
    try:
        return (yield from answer)
    finally:
        _extend(span)


def _span_of(response: Any) -> Any:
    return getattr(response, "__dict__", {}).get(_SPAN)


def _extend(span: Any) -> None:
    if span is not None:
        from sentry_asgi_autoconf.serving import called_method

        called_method.answered(span)
