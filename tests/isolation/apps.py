"""The apps, and the paths of each, by how a request comes to its handler."""

from __future__ import annotations

# Module in tests/apps → paths; those of websockets begin with ws.
APPS: dict[str, list[str]] = {
    "isolated_gateway": [
        "/own/",
        "/fast/",
        "/fast-sync/",
        "/star/",
        "/star-mount/",
        "/quart/",
        "/lite/",
        "/inside/",
        "/changing/",
    ],
    "isolated_mounts": ["/own/", "/sub/item/", "/sub/deep/item/", "/star/item/", "/old/item/", "/plain/"],
    "isolated_connexion": ["/api/item/", "/flask/"],
    "isolated_connexion_async": ["/api/item/"],
    "isolated_channels": ["/view/", "/sync/", "/ws/"],
}
