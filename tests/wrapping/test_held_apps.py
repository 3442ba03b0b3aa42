"""An app is found in whatever holds it, by the names that middleware and bridges give it."""

from __future__ import annotations

from sentry_asgi_autoconf.wrapping import wrap
from tests.harness.server import environment, run

# Starlette, Azure, channels, Flask, Django, wsgiref's users, python-socketio, a2wsgi, asgiref, functools.
NAMES = (
    *("app", "_app", "application", "asgi_app", "inner", "wrapped", "other_asgi_app"),
    *("wsgi_app", "wsgi_application", "__wrapped__"),
)


def test_the_app_is_found_by_each_of_these_names() -> None:
    assert set(wrap._INNER) == set(NAMES)
    environ = {"SENTRY_DSN": "http://key@127.0.0.1:9/1", "SENTRY_ASGI_LOG_LEVEL": "info"}
    result = run(f"import held_apps; held_apps.wrap_apps_held_by({NAMES})", environment(environ))
    assert result.stderr.count("is instrumented by the starlette integration\n") == 2 * len(NAMES)
    assert "SentryAsgiMiddleware" not in result.stderr
