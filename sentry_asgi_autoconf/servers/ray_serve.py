"""Join Ray Serve to the runtime: `ASGIAppReplicaWrapper`, of which every deployment with an ASGI app is an instance.

Driver, controller and proxies import the same modules, but construct no deployment: nothing is initialised there.
"""

from __future__ import annotations

import functools
import importlib
import inspect
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, Generator

from sentry_asgi_autoconf import seams
from sentry_asgi_autoconf.servers import ray_serve_apps, ray_serve_uvicorn

if TYPE_CHECKING:
    from types import ModuleType

    from sentry_asgi_autoconf.runtime import Runtime
    from sentry_asgi_autoconf.seams import Call, Steps
    from sentry_asgi_autoconf.serving import Server

_SERVED = "_sentry_asgi_autoconf_served"
# A deployment comes by its app in the first of these, or in the second.
_STEPS = ("__init__", "__serve_build_asgi_app__")
# What Ray, and uvicorn's lifespan with Ray's logger, say of an error that is reported already.
_REPEATS = ("Request failed", "Exception in 'lifespan' protocol", "Application startup failed")


def join(module: ModuleType, runtime: Runtime) -> None:
    """Initialise before a replica constructs its deployment, wrap the deployment's app, flush when it has ended."""
    repeats = [("ray.serve", beginning) for beginning in _REPEATS]
    server = runtime.server("ray", error_loggers=["ray.serve"], repeats=repeats)
    ray_serve_uvicorn.leave_alone(server)
    wrapper: Any = server.need(module, "ASGIAppReplicaWrapper")
    for name in ("__init__", "__call__", "__del__"):
        if name not in vars(wrapper):  # where getattr would find the one that every class has
            server.need(SimpleNamespace(__name__=wrapper.__name__), name)
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


def _watch(deployment: Any, server: Server) -> None:
    # Ray's local testing mode constructs deployments in its driver, and serves nothing.
    if importlib.import_module("ray").get_runtime_context().get_actor_id() is None:
        return
    name = _name_of(deployment)
    if server.stands_aside(name):
        return

    def load(call: Call) -> Generator[None, Any, None]:
        with server.loading(name):
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
        object.__setattr__(deployment, name, seams.around(method, steps, server.attempt))


def _wrap_apps(wrapper: Any, server: Server) -> None:
    """Keep the wrapped app beside the app itself, whose type Ray looks at, and run its lifespan."""

    def wrap(deployment: Any) -> None:
        app = deployment._asgi_app
        served = server.wrap(app, name=_name_of(deployment))
        if served is not app:
            object.__setattr__(deployment, _SERVED, served)
            deployment._serve_asgi_lifespan.config.loaded_app = served

    def set_app(call: Call) -> Generator[None, Any, None]:
        yield
        wrap(call.instance)

    def construct(call: Call) -> Generator[None, Any, None]:
        yield
        is_built_here = any(inspect.isfunction(value) for value in (*call.args, *call.keywords.values()))
        if _SERVED in vars(call.instance) and not is_built_here:
            ray_serve_apps.make_again(call.instance._asgi_app)

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
