"""The app that BENCHMARK_APP names, instrumented by hand as Sentry's documentation says."""

import importlib
import os

import sentry_sdk
from sentry_sdk.integrations.asgi import SentryAsgiMiddleware


def sampler(context):
    if context["asgi_scope"]["path"].startswith("/health"):
        return 0
    return float(os.environ["BENCHMARK_RATE"])


def in_use():
    """Return the integrations of the app's framework."""
    app = os.environ["BENCHMARK_APP"]
    names = {"plain": (), "starlette_app": ("starlette.StarletteIntegration",)}
    both = ("starlette.StarletteIntegration", "fastapi.FastApiIntegration")
    found = (name.split(".") for name in names.get(app, both))
    return [
        getattr(importlib.import_module(f"sentry_sdk.integrations.{module}"), name)()
        for module, name in found
    ]


options = {}
if "BENCHMARK_RATE" in os.environ:
    options["traces_sample_rate"] = float(os.environ["BENCHMARK_RATE"])
if "BENCHMARK_EXCLUDES" in os.environ:
    options = {"traces_sampler": sampler}
if "BENCHMARK_STREAMS" in os.environ:
    options["trace_lifecycle"] = "stream"
if "BENCHMARK_QUICK" in os.environ:  # import no library that the app does not
    options["auto_enabling_integrations"] = False
    options["integrations"] = in_use()
sentry_sdk.init(dsn=os.environ["SENTRY_DSN"], **options)

app = importlib.import_module(os.environ["BENCHMARK_APP"]).app

if os.environ["BENCHMARK_APP"] == "plain":  # the others have their frameworks' integrations
    app = SentryAsgiMiddleware(app)
