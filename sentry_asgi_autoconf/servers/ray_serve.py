"""Join Ray Serve to the runtime: `ASGIAppReplicaWrapper`, of which every deployment with an ASGI app is an instance.

Driver, controller and proxies import the same modules, but construct no deployment: nothing is initialised there.
What is no ASGI app, and calls by handle, are in `ray_calls`.
"""

from __future__ import annotations

import functools
import importlib
import inspect
import sys
import traceback
from types import MethodType, ModuleType, SimpleNamespace
from typing import Any, Generator, Iterator

from sentry_asgi_autoconf.servers import patching
from sentry_asgi_autoconf.servers.patching import Call, Steps
from sentry_asgi_autoconf.servers.server import AdapterRuntime, Server
from sentry_asgi_autoconf.wrapping import made_before

_SERVED = "_sentry_asgi_autoconf_served"
# A deployment comes by its app in the first of these, or in the second.
_STEPS = ("__init__", "__serve_build_asgi_app__")
# What Ray, and uvicorn's lifespan with Ray's logger, say of an error that is reported already.
_REPEATS = ("Request failed", "Exception in 'lifespan' protocol", "Application startup failed")


def ray_server(runtime: AdapterRuntime) -> Server:
    """Return Ray Serve as the runtime knows it."""
    repeats = [("ray.serve", beginning) for beginning in _REPEATS]
    return runtime.server("ray", error_loggers=["ray.serve"], repeats=repeats)


def join(module: ModuleType, runtime: AdapterRuntime) -> None:
    """Initialise before a replica constructs its deployment, wrap the deployment's app, flush when it has ended."""
    server = ray_server(runtime)
    leave_alone(server)
    wrapper: Any = server.require(module, "ASGIAppReplicaWrapper")
    for name in ("__init__", "__call__", "__del__"):
        if name not in vars(wrapper):  # where getattr would find the one that every class has
            server.require(SimpleNamespace(__name__=wrapper.__name__), name)
    _watch_deployments(wrapper, server)
    _wrap_apps(wrapper, server)
    _serve_wrapped(wrapper)
    if hasattr(wrapper, "_run_asgi_lifespan_startup"):
        _report_refused_lifespans(wrapper, server)


def _watch_deployments(wrapper: Any, server: Server) -> None:
    """Have each deployment of a replica constructed and ended by way of us.

    Ray makes it with `__new__` alone, and looks up on the instance what it calls then: the classes are not Ray's.
    """

    def new(kind: type, *args: Any, **kwargs: Any) -> Any:
        make: Any = super(wrapper, kind).__new__
        # object's takes arguments of a class that has no __new__ only.
        deployment = make(kind) if make is object.__new__ else make(kind, *args, **kwargs)
        server.attempt(lambda: _watch(deployment, server), None)
        return deployment

    wrapper.__new__ = staticmethod(new)


def is_replica() -> bool:
    """Whether this is a process of Ray's own: its local testing mode constructs deployments in its driver."""
    return importlib.import_module("ray").get_runtime_context().get_actor_id() is not None


def tell_of_replica(server: Server) -> None:
    """Have each event tell of the replica that this process is, and expect errors that others have reported."""
    if not server.is_active:
        return
    from sentry_sdk import Scope

    from sentry_asgi_autoconf.serving.server_noise import server_noise

    server_noise.expect_errors_of_others()
    replica = importlib.import_module("ray.serve").get_replica_context()
    process = importlib.import_module("ray").get_runtime_context()
    told = {
        "app": replica.app_name,
        "deployment": replica.deployment,
        "replica": replica.replica_tag,
        "node": process.get_node_id(),
        "job": process.get_job_id(),
    }
    scope = Scope.get_global_scope()
    scope.set_context("ray", told)
    for name, value in told.items():
        scope.set_tag(f"ray.{name}", value)


def _watch(deployment: Any, server: Server) -> None:
    if not is_replica():
        return
    name = _name_of(deployment)
    if server.stands_aside(name):
        return

    def load(call: Call) -> Generator[None, Any, None]:
        with server.loading(name):
            server.attempt(lambda: tell_of_replica(server), None)
            yield

    def end(call: Call) -> Generator[None, Any, None]:
        try:
            yield
        finally:
            # Ray kills the replica as soon as it knows that this has ended.
            server.flush()

    for step in _STEPS:
        _around_own(deployment, step, load, server)
    _around_own(deployment, "__del__", end, server)


def _around_own(deployment: Any, name: str, steps: Steps, server: Server) -> None:
    method = getattr(deployment, name, None)
    if method is not None:
        # Past a __setattr__ of the deployment's class, which may rely on its constructor.
        object.__setattr__(deployment, name, patching.around(method, steps, server.attempt))


def _wrap_apps(wrapper: Any, server: Server) -> None:
    """Keep the wrapped app beside the app itself, whose type Ray looks at, and run its lifespan."""

    def set_app(call: Call) -> Generator[None, Any, None]:
        yield
        deployment, app = call.instance, call.instance._asgi_app
        served = server.wrap(app, name=_name_of(deployment))
        if served is not app:
            object.__setattr__(deployment, _SERVED, served)
            deployment._serve_asgi_lifespan.config.loaded_app = served

    def construct(call: Call) -> Generator[None, Any, None]:
        yield
        is_built_here = any(inspect.isfunction(value) for value in (*call.args, *call.keywords.values()))
        if _SERVED in vars(call.instance) and not is_built_here:
            make_again(call.instance._asgi_app)

    # Before there were builders of apps there was but the constructor.
    server.around(wrapper, "_set_asgi_app" if hasattr(wrapper, "_set_asgi_app") else "__init__", set_app)
    server.around(wrapper, "__init__", construct)


def _serve_wrapped(wrapper: Any) -> None:
    original = wrapper.__call__

    # Ray runs whatever is no coroutine function in a thread of its own.
    @functools.wraps(original)
    async def call(*args: Any, **kwargs: Any) -> Any:
        served = vars(args[0]).get(_SERVED)
        return await (original(*args, **kwargs) if served is None else served(*args[1:], **kwargs))

    wrapper.__call__ = call


def _report_refused_lifespans(wrapper: Any, server: Server) -> None:
    """Report an app that refuses the lifespan as a failed boot, as Ray does not serve without.

    Any other start-up that failed has been reported when Ray hears of it.
    """

    def start(call: Call) -> Generator[None, Any, None]:
        try:
            yield
        except RuntimeError:
            deployment = call.instance
            if not deployment._serve_asgi_lifespan.receive_queue.empty():
                with server.loading(_name_of(deployment)):
                    raise

    server.around(wrapper, "_run_asgi_lifespan_startup", start)


def _name_of(deployment: Any) -> str | None:
    """Name a deployment by its author's class, None if it has but Ray's."""
    classes = (kind for kind in type(deployment).__mro__ if not kind.__module__.startswith("ray."))
    kind = next(classes)
    return None if kind is object else f"{kind.__module__}:{kind.__qualname__}"


def make_again(app: Any) -> None:
    """Make the handlers of the app's routes and the entries of its middleware again, now that they are instrumented."""
    for entry in getattr(app, "user_middleware", ()):
        made_before.make_middleware_again(entry)
    for route in _routes(app):
        if hasattr(route, "_effective_candidates_version"):
            made_before.make_router_again(route)
        elif hasattr(route, "endpoint"):
            made_before.make_route_again(route)


def _routes(holder: Any) -> Iterator[Any]:
    for route in getattr(holder, "routes", None) or ():
        yield route
        yield from _routes(getattr(route, "original_router", route))


def leave_alone(server: Server) -> None:
    """Have each `Config` that Ray Serve itself makes load its app as it would without us."""

    def construct(call: Call) -> Generator[None, Any, None]:
        # Releases of Ray make it in modules of several names.
        is_rays_own = _caller().startswith("ray.serve.")
        yield
        for name in ("load", "load_app") if is_rays_own else ():
            patched = getattr(type(call.instance), name, None)
            own = patching.original_of(patched)
            if own is not patched:
                setattr(call.instance, name, MethodType(own, call.instance))

    server.around(importlib.import_module("uvicorn.config").Config, "__init__", construct)


def _caller() -> str:
    """Name the module that calls the server's function around which this runs."""
    modules = (str(frame.f_globals.get("__name__")) for frame, _ in traceback.walk_stack(sys._getframe()))
    return next((module for module in modules if not module.startswith("sentry_asgi_autoconf.")), "")
