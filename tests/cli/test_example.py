"""The files of sitecustomize_example can be copied as they are."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml  # type: ignore[import-untyped] # no stubs

from sentry_asgi_autoconf.activation import layers
from tests.harness.server import BOOTSTRAP, ROOT

EXAMPLE = ROOT / "sitecustomize_example"


def settings_file(*, with_suggestions: bool) -> dict[str, str]:
    """Return the variables of sentry.env, also those that it only suggests if wanted."""
    text = (EXAMPLE / "sentry.env").read_text()
    pattern = r"^#?(SENTRY_\w+)=(.*)$" if with_suggestions else r"^(SENTRY_\w+)=(.*)$"
    return dict(re.findall(pattern, text, re.MULTILINE))


def manifest() -> dict[str, str]:
    """Return the settings in the Kubernetes manifest."""
    deployment = yaml.safe_load((EXAMPLE / "kubernetes.yaml").read_text())
    (container,) = deployment["spec"]["template"]["spec"]["containers"]
    return {variable["name"]: variable["value"] for variable in container["env"]}


@pytest.mark.parametrize(
    "environ", [settings_file(with_suggestions=False), settings_file(with_suggestions=True), manifest()]
)
def test_all_its_settings_exist_and_are_valid(environ: dict[str, str], tmp_path: Path) -> None:
    if "SENTRY_ASGI_SECRETS_DIR" in environ:
        environ = {**environ, "SENTRY_ASGI_SECRETS_DIR": str(tmp_path)}
    loaded = layers.load(environ)
    assert loaded.problems == []
    assert loaded.options["environment"] == "production"


def test_the_environment_file_holds_only_what_all_its_readers_take_alike() -> None:
    for line in (EXAMPLE / "sentry.env").read_text().splitlines():
        assert re.fullmatch(r"|#.*|SENTRY_[A-Z_]+=[^'\"#\s].*", line), line


@pytest.mark.parametrize("name", ["Dockerfile", "kubernetes.yaml"])
def test_the_path_in_the_layouts_is_where_pip_puts_the_bootstrap(name: str) -> None:
    pattern = r"--target,? (/\w+(?:/\w+)?).*?PYTHONPATH\s*(?:=|value: )(\S+)"
    found = re.search(pattern, (EXAMPLE / name).read_text(), re.DOTALL)
    assert found is not None
    target, bootstrap = found.groups()
    assert bootstrap == f"{target}/{BOOTSTRAP.relative_to(ROOT)}"


def test_the_app_mentions_sentry_nowhere() -> None:
    assert "sentry" not in (EXAMPLE / "main.py").read_text().lower()
