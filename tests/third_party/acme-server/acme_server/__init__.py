"""A small ASGI server: `python -m acme_server package.module:app`."""

from acme_server.loader import load_app
from acme_server.server import serve

__all__ = ["load_app", "serve"]
