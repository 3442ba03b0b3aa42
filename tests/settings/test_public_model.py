"""The public pydantic-settings model accepts and refuses what a process does."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any, Mapping

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError
from pydantic_settings import BaseSettings

from sentry_asgi_autoconf.activation.layers import load
from sentry_asgi_autoconf.cli.config.schema import typed
from sentry_asgi_autoconf.exceptions import UnknownSettingError, UnreadableConfigError, UnreadableSecretError
from sentry_asgi_autoconf.settings import SentrySettings
from sentry_asgi_autoconf.settings.kinds import Option
from sentry_asgi_autoconf.settings.options import OPTIONS_JSON, SDK_OPTIONS, init_name
from sentry_asgi_autoconf.settings.own import OWN_SETTINGS
from tests.harness.server import ROOT
from tests.settings.test_fuzz import JSON, TEXTS

OPTIONS: Mapping[str, Option] = {
    **SDK_OPTIONS,
    **{option.key: option for option in OWN_SETTINGS.values()},
}
FILES = ("asgi_config", "asgi_policy", "asgi_secrets_dir")
NUMBERS = [
    "0",
    "1",
    "0.5",
    "1.0",
    "00.5",
    "017",
    ".5",
    "1.",
    "1e-1",
    "-0",
    "+1",
    "1_0",
    "1_0 ",
    "\t0_0.5",
    "_1",
    "0x1",
    "٣",
    "inf",
    "nan",
]
LONG = ["9" * 20, "9" * 5000, "0" * 5000 + "1", "0." + "1" * 20]
WORDS = [
    "t",
    "True",
    " off ",
    "warn",
    "Thread",
    "a,b",
    "[1]",
    '["a"]',
    "{}",
    "null",
    "/health",
    "a\udcff",
    "'1'",
]
TEXTS_OF_ALL = [*NUMBERS, *LONG, *WORDS, *(option.example for option in OPTIONS.values())]
# What pydantic makes of the same value of JSON: each as text and as a value of a type that is nearly right.
VALUES = [True, False, 0, 1, -1, 5, 1.0, 5.5, 1e19, float("nan"), 10**400, "", [], ["a", 1], {}, {"a": 1}]


class NoValue:
    """What stands for a value that is refused."""


def of_model(field: str, value: Any) -> Any:
    """Return what the model has of a raw value."""
    try:
        return getattr(SentrySettings(**{field: value}), field)
    except ValidationError as error:
        assert [part["loc"] for part in error.errors()] == [(field,)]
        return NoValue


def of_process(field: str, text: str) -> Any:
    """Return what a process has of a variable's text."""
    loaded = load({OPTIONS[field].variable: text})
    if field in SDK_OPTIONS:
        return loaded.options.get(init_name(field), NoValue)
    return loaded.settings[field].value if field in loaded.settings else NoValue


def of_options_json(field: str, value: Any) -> Any:
    """Return what a process has of a value of JSON."""
    text = json.dumps({field: value})
    return load({"SENTRY_OPTIONS_JSON": text}).options.get(init_name(field), NoValue)


def same(one: Any, other: Any) -> bool:
    """Whether two results are equal, their types included; nan equals itself."""
    return type(one) is type(other) and repr(one) == repr(other)


@pytest.fixture(autouse=True)
def _no_variables(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize("field", [name for name in OPTIONS if name not in FILES])
def test_each_text_is_read_as_by_a_process(field: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for text in TEXTS_OF_ALL:
        stripped = text.strip()
        assert same(of_model(field, stripped), of_process(field, text)), text
    monkeypatch.setenv(OPTIONS[field].variable, f" {OPTIONS[field].example}\n")
    assert same(getattr(SentrySettings(), field), of_process(field, OPTIONS[field].example))


@pytest.mark.parametrize("field", SDK_OPTIONS)
def test_each_value_of_json_is_read_as_by_a_process(field: str) -> None:
    for value in VALUES:
        if value != "":  # which sets nothing there
            assert same(of_model(field, value), of_options_json(field, value)), value


@settings(max_examples=300, deadline=None)
@given(st.sampled_from(sorted(set(OPTIONS) - set(FILES))), TEXTS.filter(lambda text: text.strip()))
def test_any_text_is_read_as_by_a_process(field: str, text: str) -> None:
    assert same(of_model(field, text.strip()), of_process(field, text))


@settings(max_examples=200, deadline=None)
@given(st.sampled_from(sorted(SDK_OPTIONS)), JSON)
def test_any_value_of_json_is_read_as_by_a_process(field: str, value: Any) -> None:
    if value is not None and not (isinstance(value, str) and not value.strip()):
        value = json.loads(json.dumps(value))
        assert same(of_model(field, value), of_options_json(field, value))


def test_it_is_a_model_of_pydantic_settings_with_every_setting() -> None:
    assert issubclass(SentrySettings, BaseSettings)
    assert set(SentrySettings.model_fields) == {*OPTIONS, *OPTIONS_JSON}
    nothing_set = SentrySettings()
    for name, option in OPTIONS.items():
        assert getattr(nothing_set, name) == option.default


def test_its_sources_are_those_of_a_process_in_their_order(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "pyproject.toml").write_text(
        "[tool.sentry-asgi-autoconf]\n"
        "dist = 'file'\nrelease = 'file'\nserver_name = 'file'\nproject_root = 'file'\nasgi_capture_5xx = true\n"
        "org_id = 'file'\n[tool.sentry-asgi-autoconf.data_collection]\nqueues = true\n"
    )
    (tmp_path / "sentry_release").write_text("secret\n")
    (tmp_path / "sentry_dist").write_text("secret\n")
    options = {"server_name": "json", "release": "json", "data_collection": {"user_info": False}, "newer": 1}
    monkeypatch.setenv("SENTRY_OPTIONS_JSON", json.dumps(options))
    monkeypatch.setenv("SENTRY_ASGI_SECRETS_DIR", str(tmp_path))
    monkeypatch.setenv("SENTRY_DIST", "environment")
    found = SentrySettings(org_id="argument")
    assert (found.org_id, found.dist, found.release) == ("argument", "environment", "secret")
    assert (found.server_name, found.project_root, found.asgi_capture_5xx) == ("json", "file", True)
    assert found.data_collection == {"user_info": False}
    assert found.options_json == options


def test_a_directory_of_secrets_may_be_an_argument(tmp_path: Path) -> None:
    (tmp_path / "SENTRY_DIST").write_text("secret\n")
    assert SentrySettings(_secrets_dir=str(tmp_path)).dist == "secret"


@pytest.mark.parametrize(
    ("variable", "error"),
    [("SENTRY_ASGI_SECRETS_DIR", UnreadableSecretError), ("SENTRY_ASGI_CONFIG", UnreadableConfigError)],
)
def test_a_source_that_cannot_be_read_is_told_as_in_a_process(
    variable: str, error: type[Exception], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(variable, "/no/such/place")
    with pytest.raises(error):
        SentrySettings()


def test_a_key_that_is_not_a_setting_is_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "config.toml").write_text("traces_sample_rat = 1\n")
    monkeypatch.setenv("SENTRY_ASGI_CONFIG", str(tmp_path / "config.toml"))
    with pytest.raises(UnknownSettingError):
        SentrySettings()


def test_what_is_refused_is_told_in_the_same_words_and_quotes_no_secret() -> None:
    with pytest.raises(ValidationError) as raised:
        SentrySettings(dsn="https://s3cret@host", data_collection={"user_inf": 1}, sample_rate=7)
    said = str(raised.value)
    assert "it is not a number from 0 to 1" in said
    assert "user_inf: there is no such key" in said
    assert "s3cret" not in said + repr(SentrySettings(dsn="https://s3cret@host/1"))


def test_its_json_schema_is_that_of_the_declaration() -> None:
    described = SentrySettings.model_json_schema()["properties"]
    for name, option in OPTIONS.items():
        expected = {"default": None, **typed(option), "examples": [option.example]}
        assert {key: value for key, value in described[name].items() if key != "title"} == expected


def test_it_can_be_written_as_json() -> None:
    values = {name: option.example for name, option in OPTIONS.items() if name not in FILES}
    assert json.loads(SentrySettings(**values).model_dump_json())["max_breadcrumbs"] == 50


def test_only_who_asks_for_it_pays_for_it() -> None:
    program = (
        "import sys, sentry_asgi_autoconf.activation.layers as loading, sentry_asgi_autoconf.settings as settings\n"
        "loading.load({'SENTRY_DEBUG': 'perhaps'})\n"
        "print('pydantic' in sys.modules, settings.SentrySettings and 'pydantic' in sys.modules)"
    )
    run = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True
    )
    assert run.stdout.split() == ["False", "True"]
