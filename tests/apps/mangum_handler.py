"""A Lambda function whose app, which SERVES names, was made before mangum was imported."""

import importlib
import os

module, _, attribute = os.environ["SERVES"].partition(":")
app = getattr(importlib.import_module(module), attribute or "app")

from mangum import Mangum  # noqa: E402 (late on purpose)

handler = Mangum(app, lifespan=os.environ.get("LIFESPAN", "auto"))


def for_each_event(event, context):
    return Mangum(app)(event, context)
