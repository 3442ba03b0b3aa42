"""Others on PYTHONPATH that instrument the same processes."""

from __future__ import annotations

import os
from typing import Iterator

from sentry_asgi_autoconf.cli.checks.finding import Finding, warning

# How the directory ends that each of them puts there.
_OTHERS = {
    "ddtrace/bootstrap": "ddtrace",
    "newrelic/bootstrap": "New Relic",
    "opentelemetry/instrumentation/auto_instrumentation": "OpenTelemetry",
}


def findings() -> Iterator[Finding]:
    """Look for them."""
    for entry in os.environ.get("PYTHONPATH", "").split(os.pathsep):
        path = entry.replace("\\", "/").rstrip("/")
        for ending, name in _OTHERS.items():
            if path.endswith(ending):
                yield warning(
                    "other-instrumentation",
                    f"{name} instruments the same processes, by {entry}: both patch the same libraries. Where one of"
                    " them seems to miss something, try it without the other.",
                )
