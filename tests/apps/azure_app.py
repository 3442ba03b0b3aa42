"""A function app of the second programming model around the ASGI app that SERVES names."""

import importlib
import os

import azure.functions as func

module, _, attribute = os.environ["SERVES"].partition(":")
asgi_app = getattr(importlib.import_module(module), attribute or "app")
app = func.AsgiFunctionApp(app=asgi_app, http_auth_level=func.AuthLevel.ANONYMOUS)
