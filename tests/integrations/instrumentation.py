"""Ask interpreters what is instrumented in them, with integrations deferred and in the SDK's own way."""

from __future__ import annotations

import json
import sys
from typing import Any, Mapping

from sentry_asgi_autoconf.integrations.auto_enabling import LIBRARIES
from tests.harness.server import environment, run

# An uncaught exception of strawberry's is its own hook's before it is Sentry's; otherwise it calls Sentry's.
_OVER_SENTRYS = {"sys.excepthook"}


def output(
    code: str, mode: str = "deferred", environ: Mapping[str, str] | None = None, python: str = sys.executable
) -> str:
    """Run `code` in a process where the SDK is initialised, and give what it prints; nothing but that is printed."""
    settings = {
        "SENTRY_DSN": "http://key@127.0.0.1:9/1",
        "SENTRY_ASGI_PROCESSES": "all",
        "SENTRY_ASGI_INTEGRATIONS": mode,
        "PYTHONWARNINGS": "ignore",
        **(environ or {}),
    }
    result = run(code, environment(settings), python=python)
    assert (result.returncode, result.stderr) == (0, ""), result.stderr
    return str(result.stdout)


def report(
    code: str, mode: str = "deferred", environ: Mapping[str, str] | None = None, python: str = sys.executable
) -> dict[str, Any]:
    """Run `code` in a process where the SDK is initialised, and give what `instrumented` reports then."""
    printed = output(f"{code}\nimport instrumented\ninstrumented.report()", mode, environ, python)
    found: dict[str, Any] = json.loads(printed.splitlines()[-1])
    return found


def libraries(found: Mapping[str, Any]) -> set[str]:
    """Return the instrumented libraries that are imported there."""
    return set(LIBRARIES.values()).intersection(found["modules"])


def imported_by(
    code: str, environ: Mapping[str, str] | None = None, python: str = sys.executable
) -> set[str]:
    """Run `code` in a process without the SDK, and give the libraries that are imported then."""
    printing = f"{code}\nimport json, sys\nprint(json.dumps(sorted(sys.modules)))"
    printed = output(printing, environ={**(environ or {}), "SENTRY_ASGI_ENABLED": "false"}, python=python)
    return libraries({"modules": json.loads(printed.splitlines()[-1])})


def as_eager(deferred: Mapping[str, Any], eager: Mapping[str, Any]) -> tuple[set[str], dict[str, str]]:
    """Return the integrations and patches that the SDK's way has, as far as they are for the libraries imported."""
    imported = set(deferred["modules"])
    integrations = {name for name in eager["integrations"] if LIBRARIES.get(name, "sys") in imported}
    patched = {
        place: origin
        for place, origin in eager["patched"].items()
        if (origin in integrations or origin not in eager["integrations"])
        and not imported.isdisjoint((place.rpartition(".")[0], place.rpartition(".")[0].rpartition(".")[0]))
    }
    return integrations, patched


def assert_equal(deferred: Mapping[str, Any], eager: Mapping[str, Any]) -> None:
    """Fail unless the libraries that are imported are instrumented as in the SDK's way."""
    integrations, patched = as_eager(deferred, eager)
    assert set(deferred["integrations"]) == integrations
    if "strawberry" in deferred["modules"]:
        patched = {place: origin for place, origin in patched.items() if place not in _OVER_SENTRYS}
    assert deferred["patched"] == patched
