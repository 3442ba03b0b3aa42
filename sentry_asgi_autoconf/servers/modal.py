"""Join modal to the runtime: ASGI apps in its containers, from the import of their module to the container's end."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Generator

if TYPE_CHECKING:
    from types import ModuleType

    from sentry_asgi_autoconf.servers.patching import Call
    from sentry_asgi_autoconf.servers.server import AdapterRuntime, Server


def _modal(runtime: AdapterRuntime) -> Server:
    return runtime.server("modal", error_loggers=["modal-client"])


def join_container(module: ModuleType, runtime: AdapterRuntime) -> None:
    """Initialise before a container imports or makes an ASGI app, and report one that fails then."""
    server = _modal(runtime)

    def is_asgi(webhook: Any) -> bool:
        kinds = (module.api_pb2.WEBHOOK_TYPE_ASGI_APP, module.api_pb2.WEBHOOK_TYPE_FUNCTION)
        return webhook.type in kinds

    def serves_asgi(definition: Any) -> bool:
        methods = definition.method_definitions.values()
        return any(is_asgi(each.webhook_config) for each in (definition, *methods))

    def import_service(call: Call) -> Generator[None, Any, None]:
        if serves_asgi(call.argument("function_def")):
            with server.loading():
                yield

    def make_app(call: Call) -> Generator[None, Any, None]:
        if is_asgi(call.argument("webhook_config")):
            with server.loading():
                yield

    server.around(module, "import_single_function_service", import_service)
    server.around(module, "import_class_service", import_service)
    server.around(module, "construct_webhook_callable", make_app)


def join_asgi(module: ModuleType, runtime: AdapterRuntime) -> None:
    """Wrap the app of each web endpoint, except modal's own, and flush when the container ends."""
    server = _modal(runtime)

    def asgi_app_wrapper(call: Call) -> Generator[Call | None, Any, None]:
        app = call.argument("asgi_app")
        if _is_modals_own(app):
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


def _is_modals_own(app: Any) -> bool:
    """Tell its bridge to WSGI apps, and its proxy to a web server, which may be instrumented itself."""
    return str(getattr(app, "__module__", "")).startswith("modal.")
