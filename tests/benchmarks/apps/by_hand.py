"""The app that BENCHMARK_APP names, instrumented by hand as Sentry's documentation says."""

import importlib
import os

import sentry_sdk
from sentry_sdk.integrations.asgi import SentryAsgiMiddleware


def sampler(context):
    if context["asgi_scope"]["path"].startswith("/health"):
        return 0
    return float(os.environ["BENCHMARK_RATE"])


options = {}
if "BENCHMARK_RATE" in os.environ:
    options["traces_sample_rate"] = float(os.environ["BENCHMARK_RATE"])
if "BENCHMARK_EXCLUDES" in os.environ:
    options = {"traces_sampler": sampler}
sentry_sdk.init(dsn=os.environ["SENTRY_DSN"], **options)

app = importlib.import_module(os.environ["BENCHMARK_APP"]).app

if os.environ["BENCHMARK_APP"] == "plain":  # the others have their frameworks' integrations
    app = SentryAsgiMiddleware(app)
