"""A function of the first programming model that is the middleware's own."""

import importlib
import os

import azure.functions as func

main = func.AsgiMiddleware(importlib.import_module(os.environ["SERVES"]).app).main
