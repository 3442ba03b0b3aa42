"""The declaration has what the SDK has, and each of its variables does something."""

from __future__ import annotations

import inspect
import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Mapping

import pytest
from sentry_sdk.consts import DEFAULT_OPTIONS, ClientConstructor

from sentry_asgi_autoconf.activation.layers import load
from sentry_asgi_autoconf.settings.option import Option
from sentry_asgi_autoconf.settings.options import SDK_OPTIONS, init_name
from sentry_asgi_autoconf.settings.options_json import OPTIONS_JSON
from sentry_asgi_autoconf.settings.own import OWN_SETTINGS

HERE = Path(__file__).parent
ROOT = HERE.parent.parent
EXAMPLES = {option.variable: (init_name(name), option.example) for name, option in SDK_OPTIONS.items()}


def test_the_declaration_has_exactly_the_options_of_the_installed_sdk() -> None:
    signature = inspect.signature(ClientConstructor.__init__).parameters
    assert {init_name(name) for name in SDK_OPTIONS} == set(signature) - {"self"}
    assert set(DEFAULT_OPTIONS) == set(signature) - {"self"}


@pytest.mark.parametrize("options", [SDK_OPTIONS, OPTIONS_JSON, OWN_SETTINGS])
def test_every_setting_is_explained_in_one_sentence(options: Mapping[str, Option]) -> None:
    for name, option in options.items():
        assert re.fullmatch(r"[A-Z][^.]*(\.\w[^.]*)*\.", option.description), name
        assert option.kind.words, name


def test_each_variable_changes_the_option_of_a_real_client() -> None:
    run = subprocess.run(
        [sys.executable, str(HERE / "example_app" / "client_options.py"), json.dumps(EXAMPLES)],
        env={**_without_sentry(), "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    changed = json.loads(run.stdout)
    assert changed.keys() == EXAMPLES.keys()
    unchanged = {variable for variable, (stock, set_, _) in changed.items() if stock == set_}
    assert unchanged == set()
    assert {variable: problems for variable, (*_, problems) in changed.items() if problems} == {}


@pytest.mark.parametrize("name", OWN_SETTINGS)
def test_each_variable_of_our_own_changes_its_setting(name: str, tmp_path: Path) -> None:
    option = OWN_SETTINGS[name]
    file = tmp_path / "empty.toml"
    file.touch()
    paths = {"secrets_dir": str(tmp_path), "config": str(file), "policy": str(file)}
    example = paths.get(name, option.example)
    loaded = load({option.variable: example})
    assert loaded.problems == []
    assert getattr(loaded.own, name) != option.default


def test_only_what_is_set_is_handed_on() -> None:
    assert load({}).options == {}
    assert load({"SENTRY_DEBUG": "off"}).options == {"debug": False}


def test_the_settings_reference_is_current() -> None:
    run = subprocess.run(
        [sys.executable, "-c", "import sys, generate_settings; sys.stdout.write(generate_settings.render())"],
        env={**_without_sentry(), "PYTHONPATH": os.pathsep.join((str(ROOT), str(ROOT / "docs")))},
        stdout=subprocess.PIPE,
        encoding="utf-8",
        check=True,
    )
    written = (ROOT / "docs" / "reference" / "settings.md").read_text(encoding="utf-8")
    assert run.stdout == written, "run: python docs/generate_settings.py"


def _without_sentry() -> dict[str, str]:
    return {
        **{name: value for name, value in os.environ.items() if not name.startswith("SENTRY_")},
        "PYTHONIOENCODING": "utf-8",
    }
