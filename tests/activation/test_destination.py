"""The cheap question whether there is anywhere to send to."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from sentry_asgi_autoconf.settings.destinations import has_destination

ROOT = Path(__file__).parent.parent.parent


@pytest.mark.parametrize(
    "environ, expected",
    [
        ({}, False),
        ({"SENTRY_DSN": ""}, False),
        ({"SENTRY_DSN": "  "}, False),
        ({"SENTRY_DSN": "nonsense"}, True),
        ({"SENTRY_SPOTLIGHT": ""}, False),
        ({"SENTRY_SPOTLIGHT": "Off"}, False),
        ({"SENTRY_SPOTLIGHT": "1"}, True),
        ({"SENTRY_SPOTLIGHT": "http://localhost:8969/stream"}, True),
        ({"SENTRY_OPTIONS_JSON": '{"debug": true}'}, False),
        ({"SENTRY_OPTIONS_JSON": '{"dsn": "https://key@host/1"}'}, True),
        ({"SENTRY_OPTIONS_JSON": '{"spotlight": true}'}, True),
        ({"SENTRY_RELEASE": "1"}, False),
    ],
)
def test_a_dsn_or_spotlight_is_a_destination(environ: dict[str, str], expected: bool) -> None:
    assert has_destination(environ) is expected


def test_a_secret_dsn_is_a_destination(tmp_path: Path) -> None:
    environ = {"SENTRY_ASGI_SECRETS_DIR": str(tmp_path)}
    assert not has_destination(environ)
    (tmp_path / "sentry_dsn").write_text("\n")
    assert not has_destination(environ)
    (tmp_path / "SENTRY_DSN").write_text("https://key@host/1\n")
    assert has_destination(environ)


def test_secrets_that_cannot_be_read_are_not_passed_over_in_silence(tmp_path: Path) -> None:
    assert has_destination({"SENTRY_ASGI_SECRETS_DIR": str(tmp_path / "missing")})
    (tmp_path / "sentry_dsn").mkdir()
    assert has_destination({"SENTRY_ASGI_SECRETS_DIR": str(tmp_path)})


def test_asking_imports_neither_pydantic_nor_the_sdk() -> None:
    script = (
        "import os, sys; from sentry_asgi_autoconf.settings.destinations import has_destination;"
        "has_destination(os.environ);"
        "print({'pydantic', 'sentry_sdk', 'typing_extensions'} & set(sys.modules))"
    )
    environ = {**os.environ, "PYTHONPATH": str(ROOT), "SENTRY_DSN": "https://key@host/1"}
    assert subprocess.check_output([sys.executable, "-c", script], env=environ, text=True) == "set()\n"
