"""An app is found in whatever holds it, by the names that middleware and bridges give it."""

from __future__ import annotations

import subprocess
import sys

from sentry_asgi_autoconf.wrapping import wrap
from tests.harness.server import APPS, DEADLINE, environment

# Starlette, Azure, channels, Flask, Django, wsgiref's users, python-socketio, a2wsgi, asgiref, functools.
NAMES = (
    *("app", "_app", "application", "asgi_app", "inner", "wrapped", "other_asgi_app"),
    *("wsgi_app", "wsgi_application", "__wrapped__"),
)


def test_the_app_is_found_by_each_of_these_names() -> None:
    assert set(wrap._INNER) == set(NAMES)
    environ = {"SENTRY_DSN": "http://key@127.0.0.1:9/1", "SENTRY_ASGI_LOG_LEVEL": "info"}
    result = subprocess.run(
        [sys.executable, "held_apps.py", *NAMES],
        env=environment(environ),
        cwd=APPS,
        capture_output=True,
        text=True,
        timeout=DEADLINE,
        check=True,
    )
    assert result.stderr.count("is instrumented by the starlette integration\n") == 2 * len(NAMES)
    assert "SentryAsgiMiddleware" not in result.stderr
