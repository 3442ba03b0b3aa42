"""A function of the first programming model that makes the middleware for each request."""

import importlib
import os

import azure.functions as func

app = importlib.import_module(os.environ["SERVES"]).app


async def main(req, context):
    return await func.AsgiMiddleware(app).handle_async(req, context)
