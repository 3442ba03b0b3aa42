"""Others on PYTHONPATH that instrument the same processes."""

from __future__ import annotations

import os
from typing import Iterator

from sentry_asgi_autoconf.cli.checks.finding import Finding, warning

# How the directory ends that each of them puts there → its name, and the command that puts it first.
_OTHERS = {
    "ddtrace/bootstrap": ("ddtrace", "ddtrace-run"),
    "elasticapm/instrumentation/wrapper": ("Elastic APM", "elasticapm-run"),
    "newrelic/bootstrap": ("New Relic", "newrelic-admin run-program"),
    "opentelemetry/instrumentation/auto_instrumentation": ("OpenTelemetry", "opentelemetry-instrument"),
}


def findings() -> Iterator[Finding]:
    """Look for them."""
    for entry in os.environ.get("PYTHONPATH", "").split(os.pathsep):
        product = product_of(entry)
        if product:
            yield warning(
                "other-instrumentation",
                f"{product[0]} instruments the same processes, by {entry}: both patch the same libraries. Where one of"
                " them seems to miss something, try it without the other.",
            )


def product_of(directory: str) -> tuple[str, str] | None:
    """Give the name of the product whose directory it is, and the command that puts it first on the path."""
    path = directory.replace("\\", "/").rstrip("/")
    return next((_OTHERS[ending] for ending in _OTHERS if path.endswith(ending)), None)
