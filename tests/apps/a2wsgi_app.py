"""A WSGI app that serves the ASGI app of the module that SERVES names."""

import importlib
import os

from a2wsgi import ASGIMiddleware

app = ASGIMiddleware(importlib.import_module(os.environ["SERVES"]).app)
