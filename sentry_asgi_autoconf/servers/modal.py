"""Join modal to the runtime: ASGI apps in its containers, from the import of their module to the container's end."""

from __future__ import annotations

from types import ModuleType
from typing import Any, Callable, Generator

from sentry_asgi_autoconf.servers.patching import Call
from sentry_asgi_autoconf.servers.server import AdapterRuntime, Server


def _modal(runtime: AdapterRuntime) -> Server:
    return runtime.server("modal", error_loggers=["modal-client"])


def join_container(module: ModuleType, runtime: AdapterRuntime) -> None:
    """Initialise before a container imports or makes an ASGI app, and report one that fails then."""
    server = _modal(runtime)

    def watch(name: str, configurations_of: Callable[[Call], list[Any]]) -> None:
        def load(call: Call) -> Generator[None, Any, None]:
            kinds = (module.api_pb2.WEBHOOK_TYPE_ASGI_APP, module.api_pb2.WEBHOOK_TYPE_FUNCTION)
            if any(each.type in kinds for each in configurations_of(call)):
                with server.loading():
                    yield

        server.around(module, name, load)

    def of_service(call: Call) -> list[Any]:
        definition = call.argument("function_def")
        return [each.webhook_config for each in (definition, *definition.method_definitions.values())]

    watch("import_single_function_service", of_service)
    watch("import_class_service", of_service)
    watch("construct_webhook_callable", lambda call: [call.argument("webhook_config")])


def join_asgi(module: ModuleType, runtime: AdapterRuntime) -> None:
    """Wrap the app of each web endpoint, except modal's own, and flush when the container ends."""
    server = _modal(runtime)

    def asgi_app_wrapper(call: Call) -> Generator[Call | None, Any, None]:
        app = call.argument("asgi_app")
        # Its bridge to WSGI apps, and its proxy to a web server, which may be instrumented itself.
        if str(getattr(app, "__module__", "")).startswith("modal."):
            return
        wrapped = server.wrap(app)
        server.flush_on_termination()
        yield None if wrapped is app else call.with_argument("asgi_app", wrapped)

    def lifespan_shutdown(call: Call) -> Generator[None, Any, None]:
        try:
            yield
        finally:
            server.flush()

    server.around(module, "asgi_app_wrapper", asgi_app_wrapper)
    server.around(server.require(module, "LifespanManager"), "lifespan_shutdown", lifespan_shutdown)
