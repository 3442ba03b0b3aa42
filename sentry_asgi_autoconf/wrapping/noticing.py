"""Notice what integrations and frameworks do inside a request, as far as they are imported."""

from sentry_asgi_autoconf.wrapping import mounts, request_layer, unread_bodies, websocket_routes


def install() -> None:
    """Notice it from now on. Idempotent: asked again whenever an integration has been set up."""
    request_layer.install()
    unread_bodies.install()
    mounts.install()
    websocket_routes.install()
