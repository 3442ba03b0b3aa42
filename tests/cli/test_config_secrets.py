"""`config` shows no credentials, whichever layer they are in and whatever becomes of them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sentry_asgi_autoconf.cli.config.as_json import as_json, masked
from sentry_asgi_autoconf.cli.config.explanation import EnvFile, explain
from sentry_asgi_autoconf.cli.config.table import as_table
from sentry_asgi_autoconf.settings.options import SDK_OPTIONS
from tests.cli.explained import config
from tests.settings.test_fuzz import KEYS, MARK, NAMES, PASSWORDS, SHAPES, TEXTS, VARIABLES

SECRET = "hunter2"
HEX = "0123456789abcdef" * 2
DSN = f"https://{HEX}:{SECRET}@allowed.example/1"
OPTIONS = {
    "dsn": f"https://{SECRET}@json.example/1",
    "http_proxy": f"http://user:{SECRET}@proxy:1",
    "proxy_headers": {SECRET: SECRET},
    "a_newer_option": SECRET,
    "ignore_errors": [f"http://user:{SECRET}@host"],
    f"sntrys_{SECRET}": 1,
}
POLICY = f"""
[defaults]
dsn = "https://{SECRET}@default.example/1"
https_proxy = "http://user:{SECRET}@proxy:1"
[limits]
dsn = {{ allow = ["allowed.example"] }}
[enforced]
http_proxy = "http://user:{SECRET}@enforced:1"
proxy_headers = {{ Authorization = "{SECRET}" }}
"""
CONFIG = f"""
dsn = "https://{SECRET}@config.example/1"
server_name = "https://user:{SECRET}@host/{HEX}"
proxy_headers = {{ Authorization = "{SECRET}" }}
"""
ENVIRONMENT = {
    "SENTRY_DSN": f"https://{SECRET}@forbidden.example/1",
    "SENTRY_HTTPS_PROXY": f"http://user:{SECRET}@proxy:1",
    "SENTRY_PROXY_HEADERS": f'{{"{SECRET}": "{SECRET}"}}',
    "SENTRY_RELEASE": f"http://user:{SECRET}@host",
    "SENTRY_EXPERIMENTS": f'{{"url": "http://user:{SECRET}@host"}}',
    "SENTRY_TRACES_SAMPLE_RATE": f"http://user:{SECRET}@host",
    "SENTRY_IN_APP_INCLUDE": f"a,http://user:{SECRET}@host",
    "SENTRY_OPTIONS_JSON": json.dumps(OPTIONS),
    "SENTRY_ASGI_CONFIG": "sentry.toml",
    "SENTRY_ASGI_POLICY": "policy.toml",
    "SENTRY_ASGI_SECRETS_DIR": "secrets",
}


@pytest.mark.parametrize("words", [[], ["--env-file", "prod.env", "--json"]])
def test_no_secret_of_any_layer_is_shown(words: list[str], tmp_path: Path) -> None:
    (tmp_path / "policy.toml").write_text(POLICY)
    (tmp_path / "sentry.toml").write_text(CONFIG)
    (tmp_path / "secrets").mkdir()
    (tmp_path / "secrets" / "SENTRY_DSN").write_text(DSN)
    lines = [f"{name}='{value}'" for name, value in ENVIRONMENT.items()]
    (tmp_path / "prod.env").write_text("\n".join([*lines, f"{SECRET} is no variable", f"'{SECRET}"]))
    result = config("--all", *words, cwd=tmp_path, environ={} if "--env-file" in words else ENVIRONMENT)
    assert SECRET not in result.stdout + result.stderr
    assert HEX not in result.stdout
    # Where events go, or would go, is told.
    for host in ("allowed", "forbidden", "json", "config", "default"):
        assert f"https://***@{host}.example/1" in result.stdout
    assert "host" in result.stdout


@given(st.text(min_size=1), st.sampled_from(["", "/prefix", ":8000"]))
def test_of_a_dsn_nothing_is_shown_but_where_it_leads(password: str, suffix: str) -> None:
    text = f"https://key:{password}@host{suffix}/1"
    shown = masked(SDK_OPTIONS["dsn"], text)
    assert shown in ("***", f"https://***@host{suffix}/1")


@pytest.mark.parametrize(
    "text", [SECRET, f"https://{SECRET}/1", f"https://key@{SECRET}", f"https://key@host/1?{SECRET}", [SECRET]]
)
def test_what_is_no_dsn_is_not_shown(text: object) -> None:
    assert masked(SDK_OPTIONS["dsn"], text) == "***"


@settings(deadline=None, max_examples=40)
@given(st.dictionaries(NAMES, TEXTS, max_size=6), st.sampled_from(VARIABLES), SHAPES, KEYS, PASSWORDS)
def test_any_environment_is_explained_without_its_keys(
    environ: dict[str, str], variable: str, shape: str, key: str, password: str
) -> None:
    environ = {**environ, variable: shape.format(f"https://{key}:{password}@host/{key}")}
    explained = explain(EnvFile(environ, {}, []), None, follow=False, all_of_them=True)
    shown = as_json(explained)
    assert json.loads(shown)["valid"] == (not explained.problems)
    for secret in (key, MARK):
        assert secret not in shown + as_table(explained)
