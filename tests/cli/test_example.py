"""The files of sitecustomize_example can be copied as they are."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from sentry_asgi_autoconf.activation import layers
from tests.harness.server import ROOT

EXAMPLE = ROOT / "sitecustomize_example"


def settings_file(*, with_suggestions: bool) -> dict[str, str]:
    """Return the variables of sentry.env, also those that it only suggests if wanted."""
    text = (EXAMPLE / "sentry.env").read_text()
    pattern = r"^#?(SENTRY_\w+)=(.*)$" if with_suggestions else r"^(SENTRY_\w+)=(.*)$"
    return dict(re.findall(pattern, text, re.MULTILINE))


@pytest.mark.parametrize("with_suggestions", [False, True])
def test_all_its_settings_exist_and_are_valid(with_suggestions: bool, tmp_path: Path) -> None:
    environ = settings_file(with_suggestions=with_suggestions)
    if with_suggestions:
        environ["SENTRY_ASGI_SECRETS_DIR"] = str(tmp_path)
    loaded = layers.load(environ)
    assert loaded.problems == []
    assert loaded.options["environment"] == "production"


def test_the_environment_file_holds_only_what_all_its_readers_take_alike() -> None:
    for line in (EXAMPLE / "sentry.env").read_text().splitlines():
        assert re.fullmatch(r"|#.*|SENTRY_[A-Z_]+=[^'\"#\s].*", line), line


def test_the_path_in_the_image_is_where_the_bundle_is_written() -> None:
    text = (EXAMPLE / "Dockerfile").read_text()
    (written,) = re.findall(r"sentry-asgi-autoconf bundle (\S+)", text)
    assert f"ENV PYTHONPATH={written}\n" in text and f"COPY --from=bundle {written} {written}\n" in text


def test_the_app_mentions_sentry_nowhere() -> None:
    assert "sentry" not in (EXAMPLE / "main.py").read_text().lower()
