"""`config` says of every setting what applies, where it comes from, and what others wanted."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest
from sentry_sdk.consts import DEFAULT_OPTIONS, VERSION

from sentry_asgi_autoconf.settings.names import known_variables
from tests.cli.explained import DSN, SHOWN_DSN, config, declare, explain, settings

RATE = "SENTRY_TRACES_SAMPLE_RATE"


def policy(directory: Path, text: str) -> dict[str, str]:
    """Write a policy; give the variable that names it."""
    (directory / "policy.toml").write_text(text)
    return {"SENTRY_ASGI_POLICY": "policy.toml"}


def of(value: Any, layer: str, source: str) -> dict[str, Any]:
    return {"value": value, "layer": layer, "source": source}


def test_every_layer_is_told_with_its_place_and_what_it_overrides(tmp_path: Path) -> None:
    (tmp_path / "sentry.toml").write_text("\nmax_breadcrumbs = 2\n")
    (tmp_path / "secrets").mkdir()
    (tmp_path / "secrets" / "sentry_max_breadcrumbs").write_text("4")
    environ = {
        **policy(tmp_path, "[defaults]\nmax_breadcrumbs = 1\n[enforced]\nmax_breadcrumbs = 6\n"),
        "SENTRY_ASGI_CONFIG": "sentry.toml",
        "SENTRY_OPTIONS_JSON": '{"max_breadcrumbs": 3}',
        "SENTRY_ASGI_SECRETS_DIR": "secrets",
        "SENTRY_MAX_BREADCRUMBS": "5",
    }
    found = settings(cwd=tmp_path, environ=environ)["SENTRY_MAX_BREADCRUMBS"]
    enforced = "[enforced] max_breadcrumbs (policy.toml:4)"
    assert found["option"] == "max_breadcrumbs"
    assert {name: found[name] for name in ("value", "layer", "source")} == of(6, "enforced", enforced)
    assert found["ruled_by"] == enforced
    assert found["overrode"] == [
        of("5", "environment", "SENTRY_MAX_BREADCRUMBS (environment)"),
        of("4", "environment", "SENTRY_MAX_BREADCRUMBS (secrets/sentry_max_breadcrumbs)"),
        of(3, "environment", "max_breadcrumbs in SENTRY_OPTIONS_JSON (environment)"),
        of(2, "config file", "max_breadcrumbs (sentry.toml:2)"),
        of(1, "policy default", "[defaults] max_breadcrumbs (policy.toml:2)"),
    ]
    table = config(cwd=tmp_path, environ=environ).stdout
    for place in (
        "enforced: policy.toml:4",
        "overrides 5 (environment)",
        "overrides 4 (environment: secrets/sentry_max_breadcrumbs)",
        "overrides 3 (environment: SENTRY_OPTIONS_JSON)",
        "overrides 2 (config file: sentry.toml:2)",
        "overrides 1 (policy default: policy.toml:2)",
    ):
        assert place in table


def test_this_package_s_own_settings_have_layers_too(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text('[tool.sentry-asgi-autoconf]\nasgi_excluded_paths = ["/a"]\n')
    environ = {
        **policy(tmp_path, '[defaults]\nasgi_excluded_paths = ["/b"]\n[enforced]\nasgi_on_app_init = "keep"'),
        "SENTRY_ASGI_ON_APP_INIT": "replace",
    }
    found = settings(cwd=tmp_path, environ=environ)
    paths, mode = found["SENTRY_ASGI_EXCLUDED_PATHS"], found["SENTRY_ASGI_ON_APP_INIT"]
    assert (paths["value"], paths["layer"], paths["option"]) == (["/a"], "config file", None)
    assert paths["source"] == f"asgi_excluded_paths ({tmp_path}/pyproject.toml:2)"
    assert paths["overrode"] == [
        of(["/b"], "policy default", "[defaults] asgi_excluded_paths (policy.toml:2)")
    ]
    assert (mode["value"], mode["layer"]) == ("keep", "enforced")
    assert mode["overrode"] == [of("replace", "environment", "SENTRY_ASGI_ON_APP_INIT (environment)")]


def test_ways_out_are_told_as_they_are_held(tmp_path: Path) -> None:
    ruled = policy(tmp_path, '[limits]\ndsn = { allow = ["here"] }\nsample_rate = { max = 0.5 }')
    environ = {
        "SENTRY_DSN": "http://key@here/1",
        "SENTRY_SPOTLIGHT": "http://there/stream",
        "SENTRY_HTTP_PROXY": "http://there:1",
    }
    found = settings(cwd=tmp_path, environ={**ruled, **environ})
    assert "SENTRY_SPOTLIGHT" in str(found["SENTRY_SPOTLIGHT"]["forbidden"])
    assert "[limits] dsn (" in found["SENTRY_HTTP_PROXY"]["ruled_by"]
    found = settings(cwd=tmp_path, environ={**ruled, "SENTRY_SPOTLIGHT": "http://here/stream"})
    assert found["SENTRY_SPOTLIGHT"]["value"] is False
    assert "[limits] sample_rate (" in found["SENTRY_SPOTLIGHT"]["ruled_by"]


def test_an_empty_environment_is_valid_and_has_nothing_to_tell(tmp_path: Path) -> None:
    result = config(cwd=tmp_path)
    assert (result.returncode, result.stdout) == (0, "Every setting is at its default.\n")
    assert explain(cwd=tmp_path) == {
        "valid": True,
        "settings": [],
        "problems": [],
        "warnings": [],
        "policies": [],
        "configurators": [],
        "imports": True,
        "notes": [],
    }


def test_with_all_the_defaults_are_told_too(tmp_path: Path) -> None:
    found = settings("--all", cwd=tmp_path, environ={RATE: "0.5"})
    assert found.keys() == known_variables() - {"SENTRY_OPTIONS_JSON"}
    rate, body = found[RATE], found["SENTRY_MAX_REQUEST_BODY_SIZE"]
    assert (rate["value"], rate["layer"]) == (0.5, "environment")
    assert body["value"] == DEFAULT_OPTIONS["max_request_body_size"]
    assert (body["layer"], body["source"]) == ("SDK default", f"sentry-sdk {VERSION} (SDK default)")
    assert found["SENTRY_ASGI_PROCESSES"]["value"] == "servers"


def test_limits_are_told_with_what_was_wanted_and_where_nobody_set_anything(tmp_path: Path) -> None:
    text = "[limits]\ntraces_sample_rate = { max = 0.1 }\nsample_rate = { max = 0.5 }\nmax_breadcrumbs = { max = 500 }"
    environ = {
        **policy(tmp_path, text),
        RATE: "1",
        "SENTRY_ASGI_TRACES_SAMPLE_RATES": '{"/a": 0.05, "/b": 0.9}',
    }
    found = settings(cwd=tmp_path, environ=environ)
    rate, errors, breadcrumbs = found[RATE], found["SENTRY_SAMPLE_RATE"], found["SENTRY_MAX_BREADCRUMBS"]
    said = "[limits] traces_sample_rate (policy.toml:2)"
    assert (rate["value"], rate["wanted"], rate["layer"], rate["ruled_by"]) == (0.1, 1.0, "environment", said)
    assert rate["limit"] == {"max": 0.1, "source": said}
    assert (errors["value"], errors["wanted"], errors["layer"]) == (0.5, None, "limits")
    assert errors["source"] == "[limits] sample_rate (policy.toml:3)"
    assert (breadcrumbs["value"], breadcrumbs["layer"], breadcrumbs["limit"]["max"]) == (
        100,
        "SDK default",
        500,
    )
    by_path = found["SENTRY_ASGI_TRACES_SAMPLE_RATES"]
    assert (by_path["value"], by_path["wanted"]["/b"]) == ({"/a": 0.05, "/b": 0.1}, 0.9)
    assert by_path["ruled_by"] == said
    assert (
        "limited to 0.1 or less, wanted 1.0 (limits: policy.toml:2)"
        in config(cwd=tmp_path, environ=environ).stdout
    )


def test_what_a_policy_forbids_is_told_and_is_no_error(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text(f'[tool.sentry-asgi-autoconf]\ndsn = "{DSN}"\n')
    environ = {
        **policy(
            tmp_path,
            '[limits]\ndsn = { allow = ["*.ingest.sentry.io"] }\n[enforced]\ntraces_sample_rate = 0.2\n'
            "[limits.environment]\nallow = ['staging', 'test']\n",
        ),
        "SENTRY_DSN": "https://key@elsewhere.example/1",
        "SENTRY_ENVIRONMENT": "production",
        "SENTRY_TRACES_SAMPLER": "no.such:sampler",
    }
    explained = explain(cwd=tmp_path, environ=environ)
    assert explained["valid"]
    found = {setting["name"]: setting for setting in explained["settings"]}
    dsn, name = found["SENTRY_DSN"], found["SENTRY_ENVIRONMENT"]
    sampler = found["SENTRY_TRACES_SAMPLER"]
    assert (dsn["value"], dsn["layer"]) == (SHOWN_DSN, "config file")
    assert dsn["forbidden"] == [
        of("https://***@elsewhere.example/1", "environment", "SENTRY_DSN (environment)")
    ]
    assert dsn["ruled_by"] == "[limits] dsn (policy.toml:2)"
    # The SDK would say production, which is not allowed either.
    assert (name["value"], name["layer"], name["forbidden"][0]["value"]) == (
        "staging",
        "limits",
        "production",
    )
    assert (sampler["value"], sampler["forbidden"][0]["value"]) == (None, "no.such:sampler")
    assert sampler["ruled_by"] == "[enforced] traces_sample_rate (policy.toml:4)"
    table = config(cwd=tmp_path, environ=environ).stdout
    assert (
        "forbidden: https://***@elsewhere.example/1 (environment), by [limits] dsn (policy.toml:2)" in table
    )


def test_a_policy_s_hook_is_told_alone_and_behind_another(tmp_path: Path) -> None:
    (tmp_path / "hooks.py").write_text("def f(event, hint): ...\ndef g(event, hint): ...\n")
    text = '[enforced]\nbefore_send = "hooks:f"\nbefore_send_transaction = "hooks:f"\n'
    environ = {**policy(tmp_path, text), "SENTRY_BEFORE_SEND": "hooks:g"}
    found = settings(cwd=tmp_path, environ=environ)
    both, alone = found["SENTRY_BEFORE_SEND"], found["SENTRY_BEFORE_SEND_TRANSACTION"]
    assert (both["value"], both["layer"]) == ("hooks:g", "environment")
    assert both["followed_by"] == of("hooks:f", "enforced", "[enforced] before_send (policy.toml:2)")
    assert (alone["value"], alone["layer"], alone["followed_by"]) == ("hooks:f", "enforced", None)


def test_an_enforced_sampler_leaves_no_rates_by_path(tmp_path: Path) -> None:
    environ = {
        **policy(tmp_path, '[enforced]\ntraces_sampler = "acme:sampler"\n'),
        "SENTRY_ASGI_TRACES_SAMPLE_RATES": '{"/a": 0.5}',
    }
    found = settings("--no-imports", cwd=tmp_path, environ=environ)["SENTRY_ASGI_TRACES_SAMPLE_RATES"]
    assert (found["value"], found["wanted"]) == ({}, {"/a": 0.5})
    assert found["ruled_by"] == "[enforced] traces_sampler (policy.toml:2)"


def test_experiments_show_what_a_policy_leaves_of_them(tmp_path: Path) -> None:
    environ = {
        **policy(tmp_path, "[enforced]\nsend_default_pii = false\n"),
        "SENTRY_EXPERIMENTS": '{"send_default_pii": true, "other": 1}',
    }
    found = settings(cwd=tmp_path, environ=environ)["SENTRY_EXPERIMENTS"]
    assert (found["value"], found["ruled_by"]) == (
        {"other": 1},
        "[enforced] send_default_pii (policy.toml:2)",
    )
    assert found["wanted"]["send_default_pii"] is True


def test_an_unknown_policy_lets_nothing_out_and_is_refused(tmp_path: Path) -> None:
    environ = {**policy(tmp_path, "[enforced\n"), "SENTRY_DSN": DSN}
    explained = explain(cwd=tmp_path, environ=environ)
    assert [problem["slug"] for problem in explained["problems"]] == ["invalid-policy"]
    (dsn,) = [setting for setting in explained["settings"] if setting["name"] == "SENTRY_DSN"]
    assert (dsn["value"], dsn["layer"]) == ("", "enforced")
    assert dsn["overrode"] == [of(SHOWN_DSN, "environment", "SENTRY_DSN (environment)")]


def test_what_is_refused_is_told_in_one_line_each_with_status_1(tmp_path: Path) -> None:
    environ = {
        RATE: "2",
        "SENTRY_TRACE_SAMPLE_RATE": "1",
        "SENTRY_ASGI_POLICY": "none.toml",
        "SENTRY_ASGI_CONFIG": "none.toml",
        "SENTRY_ASGI_SECRETS_DIR": "none",
        "SENTRY_BEFORE_SEND": "no.such:hook",
        "SENTRY_INTEGRATIONS": "rediss",
        "SENTRY_OPTIONS_JSON": '{"newer": 1}',
    }
    result = config(cwd=tmp_path, environ=environ)
    problems = [line for line in result.stdout.splitlines() if line.startswith("Problem: ")]
    assert sorted(line.rpartition(" ")[2] for line in problems) == [
        "[invalid-policy]",
        "[invalid-setting]",
        "[unknown-integration]",
        "[unknown-setting]",
        "[unreadable-config]",
        "[unreadable-secret]",
        "[unresolved-import]",
        "[unsupported-option]",
    ]
    assert (result.returncode, result.stderr) == (1, "")


@pytest.mark.parametrize(
    "words", [["--json", "--schema"], ["--imports", "--no-imports"], ["nonsense"], ["--js"]]
)
def test_wrong_usage_ends_with_status_2(words: list[str], tmp_path: Path) -> None:
    result = config(*words, cwd=tmp_path)
    assert (result.returncode, result.stdout) == (2, "")


def test_policies_of_distributions_count_and_contradictions_are_warnings(tmp_path: Path) -> None:
    (tmp_path / "acme_policy.py").write_text(
        "print('loaded')\ndef policy(): return {'enforced': {'environment': 'acme'}}\n"
    )
    path = declare(tmp_path, "policies", "acme = acme_policy:policy")
    (tmp_path / "prod.env").write_text("SENTRY_ASGI_POLICY=policy.toml\n")
    policy(tmp_path, '[enforced]\nenvironment = "prod"\n')
    explained = explain("--env-file", "prod.env", cwd=tmp_path, environ={"PYTHONPATH": path})
    named = [name.rpartition("@") for name in explained["policies"]]
    assert [name for name, _, _ in named] == ["policy acme (acme_policy:policy)", "policy.toml"]
    assert named[1][2] == hashlib.sha256((tmp_path / "policy.toml").read_bytes()).hexdigest()[:8]
    assert [warning["slug"] for warning in explained["warnings"]] == ["contradicting-policies"]
    assert explained["valid"]
    assert "Warning: " in config("--env-file", "prod.env", cwd=tmp_path, environ={"PYTHONPATH": path}).stdout


def test_configurators_are_named(tmp_path: Path) -> None:
    path = declare(tmp_path, "configurators", "acme = acme.sentry:configure")
    environ = {"PYTHONPATH": path, RATE: "1"}
    assert explain(cwd=tmp_path, environ=environ)["configurators"] == ["acme.sentry:configure"]
    assert "the configurator acme.sentry:configure" in config(cwd=tmp_path, environ=environ).stdout


def test_an_option_that_cannot_be_imported_is_told_as_left_out(tmp_path: Path) -> None:
    environ = {"SENTRY_BEFORE_SEND": "no.such:hook"}
    found = settings(cwd=tmp_path, environ=environ)["SENTRY_BEFORE_SEND"]
    (left_out,) = found["left_out"]
    assert (left_out["value"], left_out["layer"], found["value"]) == ("no.such:hook", "environment", None)
    assert found["layer"] == "SDK default"
    shown = config(cwd=tmp_path, environ=environ).stdout
    assert "left out, see below: no.such:hook (environment)" in shown


def test_import_strings_are_followed_where_servers_find_them_and_print_to_stderr(tmp_path: Path) -> None:
    (tmp_path / "hooks.py").write_text("print('imported')\ndef f(event, hint): ...\n")
    environ = {"SENTRY_BEFORE_SEND": "hooks:f", "PYTHONSAFEPATH": "1"}
    result = config("--json", cwd=tmp_path, environ=environ)
    assert json.loads(result.stdout)["valid"]
    assert result.stderr == "imported\n"


def test_without_imports_the_rest_is_checked_all_the_same(tmp_path: Path) -> None:
    environ = {
        "SENTRY_BEFORE_SEND": "no.such:hook",
        "SENTRY_IGNORE_ERRORS": "no.such:Error",
        "SENTRY_INTEGRATIONS": "no.such:Integration,pyspark3,dramatiq",
        "SENTRY_OPTIONS_JSON": '{"newer": 1}',
    }
    explained = explain("--no-imports", cwd=tmp_path, environ=environ)
    # The library of the last integration is not installed here, which says nothing of where it is deployed.
    assert sorted(problem["slug"] for problem in explained["problems"]) == [
        "unknown-integration",
        "unsupported-option",
    ]
    assert explained["imports"] is False


def test_a_policy_whose_hook_cannot_be_imported_lets_nothing_out(tmp_path: Path) -> None:
    environ = {**policy(tmp_path, '[enforced]\nbefore_send = "no.such:f"\n'), "SENTRY_DSN": DSN}
    explained = explain(cwd=tmp_path, environ=environ)
    assert [problem["slug"] for problem in explained["problems"]] == ["invalid-policy"]
    assert explained["settings"][0]["value"] == ""


def test_the_app_s_pyproject_is_found_without_importing_it(tmp_path: Path) -> None:
    (tmp_path / "src" / "shop").mkdir(parents=True)
    (tmp_path / "src" / "shop" / "__init__.py").write_text("raise SystemExit('imported')")
    (tmp_path / "pyproject.toml").write_text('[tool.sentry-asgi-autoconf]\nrelease = "shop@1"\n')
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    environ = {"PYTHONPATH": declare(tmp_path / "src", "servers")}
    assert (
        settings("--app", "shop:app", cwd=elsewhere, environ=environ)["SENTRY_RELEASE"]["value"] == "shop@1"
    )
    assert settings(cwd=elsewhere, environ=environ) == {}


def test_help_tells_the_exit_status(tmp_path: Path) -> None:
    result = config("--help", cwd=tmp_path)
    assert result.returncode == 0
    assert "Exit status: 0" in result.stdout


OLD = """
[defaults]
traces_sample_rate = 0.5
[limits]
traces_sample_rate = { max = 0.2, until = 2026-01-01T00:00:00Z }
[[for]]
environment = "prod*"
tags.team = "shop"
[for.enforced]
max_request_body_size = "never"
"""
NEW = """
enabled = false
[defaults]
traces_sample_rate = { value = 0.5, until = 2999-01-01T00:00:00+01:00 }
[enforced]
asgi_scrub_keys = ["iban"]
dsn = "https://key@elsewhere.example/1"
"""
SHOP = {"SENTRY_ENVIRONMENT": "production", "SENTRY_TAGS": "team=shop"}


def test_a_rule_is_told_with_whom_it_is_for_and_what_has_expired(tmp_path: Path) -> None:
    environ = {**policy(tmp_path, OLD), **SHOP}
    explained = explain(cwd=tmp_path, environ=environ)
    found = {each["name"]: each for each in explained["settings"]}
    source = "[enforced] max_request_body_size for environment=prod*, tags.team=shop (policy.toml:10)"
    assert found["SENTRY_MAX_REQUEST_BODY_SIZE"]["source"] == source
    assert found["SENTRY_TRACES_SAMPLE_RATE"]["value"] == 0.5
    (note,) = explained["notes"]
    assert note == "limits.traces_sample_rate (policy.toml:5) has expired: the next layer applies"
    assert f"Note: {note}" in config(cwd=tmp_path, environ=environ).stdout


def test_the_difference_between_two_policies_is_told(tmp_path: Path) -> None:
    (tmp_path / "new.toml").write_text(NEW)
    (tmp_path / "old.toml").write_text(OLD)
    words = ("--diff", "old.toml", "new.toml")
    result = config(*words, "--json", cwd=tmp_path, environ=SHOP)
    told = json.loads(result.stdout)
    changes = {each["name"]: each for each in told["changes"]}
    assert {name: each["live"] for name, each in changes.items()} == {
        "SENTRY_DSN": False,
        "SENTRY_MAX_REQUEST_BODY_SIZE": True,
        "SENTRY_ASGI_SCRUB_KEYS": True,
    }
    assert changes["SENTRY_MAX_REQUEST_BODY_SIZE"]["before"]["value"] == "never"
    assert changes["SENTRY_ASGI_SCRUB_KEYS"]["after"]["value"] == ["iban"]
    assert told["notes"] == ["nothing is sent, because enabled (new.toml:2) is false"]
    text = config(*words, cwd=tmp_path, environ=SHOP).stdout
    assert "applies at the next start" in text and "key@" not in text
    assert config("--diff", "", "", cwd=tmp_path).stdout == "Nothing would change.\n"
    broken = config("--diff", "", "missing.toml", cwd=tmp_path)
    assert (broken.returncode, "[invalid-policy]" in broken.stdout) == (1, True)


@pytest.mark.parametrize("name", ["SENTRY_TRACES_SAMPLE_RATE", "traces_sample_rate"])
def test_the_story_of_one_setting_is_told_layer_by_layer(name: str, tmp_path: Path) -> None:
    limited = "[defaults]\ntraces_sample_rate = 0.5\n[limits]\ntraces_sample_rate = { max = 0.2 }\n"
    environ = {**policy(tmp_path, limited), "SENTRY_TRACES_SAMPLE_RATE": "0.4"}
    result = config("--explain", name, cwd=tmp_path, environ=environ)
    lines = [line.strip() for line in result.stdout.splitlines()]
    assert "In force: 0.2" in lines
    assert "environment     0.2 (environment), in force" in lines
    assert "policy default  0.5 (policy default: policy.toml:2)" in lines
    assert "Limited to 0.2 or less, wanted 0.4 (limits: policy.toml:4)." in lines
    assert "A changed policy applies within seconds." in lines
    told = json.loads(config("--explain", name, "--json", cwd=tmp_path, environ=environ).stdout)
    assert (told["value"], told["live"], told["allowed"]) == (0.2, True, "a number from 0 to 1")


def test_a_setting_of_another_name_is_asked_for(tmp_path: Path) -> None:
    result = config("--explain", "traces_samplerate", cwd=tmp_path)
    assert result.returncode == 1
    assert "Did you mean traces_sample_rate?" in result.stderr
