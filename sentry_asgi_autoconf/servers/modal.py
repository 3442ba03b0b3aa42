"""Join modal to the runtime: ASGI apps in its containers, from the import of their module to the container's end."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Callable

if TYPE_CHECKING:
    from types import ModuleType

    from sentry_asgi_autoconf.runtime import Runtime
    from sentry_asgi_autoconf.serving import Server


def _modal(runtime: Runtime) -> Server:
    return runtime.server("modal", error_loggers=["modal-client"])


def join_container(module: ModuleType, runtime: Runtime) -> None:
    """Initialise before a container imports or makes an ASGI app, and report one that fails then."""
    server = _modal(runtime)

    def is_asgi(webhook: Any) -> bool:
        kinds = (module.api_pb2.WEBHOOK_TYPE_ASGI_APP, module.api_pb2.WEBHOOK_TYPE_FUNCTION)
        return webhook.type in kinds

    def serves_asgi(definition: Any) -> bool:
        methods = definition.method_definitions.values()
        return any(is_asgi(each.webhook_config) for each in (definition, *methods))

    def import_service(original: Callable[..., Any], definition: Any, *args: Any, **kwargs: Any) -> Any:
        if not server.attempt(lambda: serves_asgi(definition), False):
            return original(definition, *args, **kwargs)
        with server.loading():
            return original(definition, *args, **kwargs)

    def make_app(original: Callable[..., Any], function: Any, webhook: Any, *args: Any, **kwargs: Any) -> Any:
        if not server.attempt(lambda: is_asgi(webhook), False):
            return original(function, webhook, *args, **kwargs)
        with server.loading():
            return original(function, webhook, *args, **kwargs)

    server.replace(module, "import_single_function_service", import_service)
    server.replace(module, "import_class_service", import_service)
    server.replace(module, "construct_webhook_callable", make_app)


def join_asgi(module: ModuleType, runtime: Runtime) -> None:
    """Wrap the app of each web endpoint, except modal's own, and flush when the container ends."""
    server = _modal(runtime)

    def asgi_app_wrapper(original: Callable[..., Any], app: Any, *args: Any, **kwargs: Any) -> Any:
        if not _is_modals_own(app):
            app = server.attempt(lambda: server.wrap(app), app)
            server.flush_on_termination()
        return original(app, *args, **kwargs)

    async def lifespan_shutdown(original: Callable[..., Any], self: Any) -> None:
        try:
            await original(self)
        finally:
            server.flush()

    server.replace(module, "asgi_app_wrapper", asgi_app_wrapper)
    server.replace(server.need(module, "LifespanManager"), "lifespan_shutdown", lifespan_shutdown)


def _is_modals_own(app: Any) -> bool:
    """Tell its bridge to WSGI apps, and its proxy to a web server, which may be instrumented itself."""
    return str(getattr(app, "__module__", "")).startswith("modal.")
