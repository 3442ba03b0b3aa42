"""Parts of a policy that hold for some, values that expire, and settings that are required."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any, Callable

import pytest

from sentry_asgi_autoconf.activation.layers import Loaded, load
from sentry_asgi_autoconf.console import printable
from sentry_asgi_autoconf.policy.rules import share_of
from tests.harness.server import Server, run, until, uvicorn

SHARE_OF_WEB_1 = 54.266  # percent
PROD = {"SENTRY_ENVIRONMENT": "production", "SENTRY_TAGS": "team=shop", "SENTRY_SERVER_NAME": "web-1"}


def under(
    directory: Path, text: str, environ: dict[str, str] | None = None, app: str | None = None
) -> Loaded:
    (directory / "policy.toml").write_text(text)
    return load({"SENTRY_ASGI_POLICY": str(directory / "policy.toml"), **(environ or {})}, app)


def rate_under(*given: Any, **arguments: Any) -> Any:
    loaded = under(*given, **arguments)
    assert list(map(str, loaded.problems)) == []
    return loaded.options.get("traces_sample_rate")


@pytest.mark.parametrize(
    ("asked", "matches"),
    [
        ('environment = "production"', True),
        ('environment = "prod*"', True),
        ('environment = ["staging", "prod*"]', True),
        ('environment = "staging"', False),
        ('tags.team = "sh?p"', True),
        ('tags.team = "shop"\nenvironment = "staging"', False),
        ('tags.other = "*"', False),  # what is not known matches nothing
        ('host = "web-*"', True),
        ('namespace = "checkout"', True),
        ('app = "shop.main:*"', True),
        ('release = "*"', False),
        ("percent = 100", True),
        ("percent = 0", False),
    ],
)
def test_a_rule_is_for_those_that_match_all_of_it(asked: str, matches: bool, tmp_path: Path) -> None:
    text = f"[[for]]\n{asked}\n[for.defaults]\ntraces_sample_rate = 0.5\n"
    environ = {**PROD, "POD_NAMESPACE": "checkout"}
    assert rate_under(tmp_path, text, environ, app="shop.main:app") == (0.5 if matches else None)


def test_what_asks_more_has_its_say_later_and_what_is_equal_stands_in_the_file_s_order(
    tmp_path: Path,
) -> None:
    text = """
    [defaults]
    traces_sample_rate = 0.1
    [limits]
    traces_sample_rate = { max = 0.2 }
    [[for]]
    environment = "production"
    tags.team = "shop"
    [for.limits]
    traces_sample_rate = { max = 0.9 }
    [[for]]
    environment = "production"
    [for.defaults]
    traces_sample_rate = 0.8
    [[for]]
    environment = "prod*"
    [for.defaults]
    traces_sample_rate = 0.3
    [[for]]
    tags.team = "shop"
    [for.defaults]
    traces_sample_rate = 0.6
    """
    assert rate_under(tmp_path, text, PROD) == 0.6
    assert rate_under(tmp_path, text, {"SENTRY_ENVIRONMENT": "production"}) == 0.2
    assert rate_under(tmp_path, text) == 0.1


def test_a_rollout_reaches_its_share_of_the_hosts_and_keeps_them_as_it_grows(tmp_path: Path) -> None:
    hosts = [f"web-{number}" for number in range(300)]
    reached = []
    for percent in (10, 50):
        text = f"[rollout]\npercent = {percent}\n[rollout.enforced]\ntraces_sample_rate = 1.0\n"
        reached.append({host for host in hosts if rate_under(tmp_path, text, {"SENTRY_SERVER_NAME": host})})
    assert reached[0] < reached[1]
    assert 0.05 < len(reached[0]) / len(hosts) < 0.15
    assert 0.4 < len(reached[1]) / len(hosts) < 0.6
    assert share_of("web-1") == SHARE_OF_WEB_1  # of every release


@pytest.mark.parametrize(
    ("until", "holds"),
    [
        ("2999-01-01T00:00:00Z", True),
        ("2999-01-01T00:00:00+14:00", True),
        ('"2999-01-01T00:00:00Z"', True),
        ("2001-01-01T00:00:00Z", False),
    ],
)
def test_after_its_moment_the_next_layer_counts(until: str, holds: bool, tmp_path: Path) -> None:
    text = f"[defaults]\ntraces_sample_rate = 0.9\n[enforced]\ntraces_sample_rate = {{ value = 0.1, until = {until} }}"
    assert rate_under(tmp_path, text) == (0.1 if holds else 0.9)
    text = f"[defaults]\ntraces_sample_rate = 0.9\n[limits.traces_sample_rate]\nmax = 0.1\nuntil = {until}"
    assert rate_under(tmp_path, text) == (0.1 if holds else 0.9)
    text = f"[[for]]\nenvironment = '*'\nuntil = {until}\n[for.defaults]\ntraces_sample_rate = 0.1"
    assert rate_under(tmp_path, text, PROD) == (0.1 if holds else None)


def test_a_place_takes_no_more_than_200_characters_of_a_line(tmp_path: Path) -> None:
    path = tmp_path / ("long" * 60) / "policy.toml"
    path.parent.mkdir()
    path.write_text(
        "[defaults]\nrelease = '\"quoted\"'\n[enforced]\nsample_rate = {value = 1.0, until = 2001-01-01T00:00:00Z}"
    )
    loaded = load({"SENTRY_DSN": "https://key@host/1", "SENTRY_ASGI_POLICY": str(path)})
    place = f"({printable(str(path), 200)})"
    (problem,) = loaded.problems
    (note,) = loaded.policy.notes
    assert place in problem.what
    assert place in note


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (
            "[enforced]\nenvironment = {value = 'x', until = 2026-01-01T00:00:00}",
            "policy.toml:2: until: .* has no zone",
        ),
        ("[enforced]\nenvironment = {value = 'x', until = 'soon'}", "until: 'soon' is not a date with time"),
        ("[enforced]\nenvironment = {value = 'x', until = 2026-01-01}", "is not a date with time"),
        ("[limits]\nsample_rate = {max = 1, until = 12}", "until: 12 is not a date with time"),
        ("enabled = 'no'", "enabled is neither true nor false"),
        ("[rollout]\npercent = 101\n[rollout.defaults]\n", "percent: 101 is not a number from 0 to 100"),
        ("[rollout]\npercent = true\n[rollout.defaults]\n", "is not a number from 0 to 100"),
        ("[rollout]\n[rollout.defaults]\nrelease = 'x'", "has no condition: it needs percent"),
        ("[rollout]\npercent = 10", "has no terms"),
        ("[rollout]\npercent = 10\nenvironment = 'x'", "is not a table of a policy"),
        ("[for]\nenvironment = 'x'", "write it with double brackets"),
        ("[[for]]\nenvironment = 7\n[for.defaults]", "policy.toml:2: .*environment: 7 is not a glob"),
        ("[[for]]\nenvironment = []\n[for.defaults]", "is not a glob, nor a list"),
        ("[[for]]\ntags = 'x'\n[for.defaults]", "it is not a table of globs by tag"),
        (
            "[[for]]\nhost = 'a'\n[for.defaults]\n[[for]]\nhost = 'b'\nstage = 'x'",
            "policy.toml:6: ",
        ),
        (
            "[required]\nrelaese = true",
            r"policy.toml:2: \[required\] relaese is not a setting. Did you mean release\?",
        ),
        ("[required]\nrelease = 1", "release is neither true nor false"),
        ("required = 1", r"\[required\] is not a table"),
    ],
)
def test_what_is_wrong_with_a_rule_is_told_with_its_line_and_nothing_leaves(
    text: str, words: str, tmp_path: Path
) -> None:
    loaded = under(tmp_path, text)
    assert loaded.policy.is_unreadable and loaded.enforcement.blocks_sending
    with pytest.raises(Exception, match=words):
        raise loaded.problems[0]


def test_a_required_setting_is_asked_for_until_somebody_says_it(tmp_path: Path) -> None:
    text = "[required]\nrelease = true\ntags = true\nenvironment = false\n"
    missing = [str(problem) for problem in under(tmp_path, text).problems]
    assert len(missing) == 2
    place = tmp_path / "policy.toml"
    assert missing[0].startswith(
        f"release is not set, but [required] release ({place}:2) requires it. Set SENTRY_RELEASE"
    )
    assert all("[missing-setting]" in line for line in missing)
    assert under(tmp_path, text, {"SENTRY_RELEASE": "1", "SENTRY_TAGS": "a=b"}).problems == []
    code = "from sentry_asgi_autoconf import activate; activate(); print('served')"
    environ = {"SENTRY_ASGI_POLICY": str(place), "SENTRY_DSN": "http://key@localhost:9/1"}
    served = run(code, environ)
    assert (served.returncode, served.stdout, served.stderr.count("[missing-setting]")) == (0, "served\n", 2)
    assert run(code, {**environ, "SENTRY_ASGI_STRICT": "true"}).returncode == 78


def test_what_is_required_and_missing_is_in_the_status(start: Callable[..., Server], tmp_path: Path) -> None:
    (tmp_path / "policy.toml").write_text("[required]\nrelease = true\nenvironment = true\n")
    status = tmp_path / "status"
    status.mkdir()
    environ = {
        "SENTRY_ASGI_POLICY": str(tmp_path / "policy.toml"),
        "SENTRY_ASGI_STATUS_DIR": str(status),
        "SENTRY_ENVIRONMENT": "production",
    }
    start(uvicorn("raw3:app"), environ).ready()
    (path,) = until(lambda: list(status.glob("*.json")), "the status file")
    assert json.loads(path.read_text())["missing"] == ["release"]
    command = [sys.executable, "-m", "sentry_asgi_autoconf", "status", str(status)]
    shown = subprocess.run(
        command, env={**os.environ, "COLUMNS": "250"}, capture_output=True, text=True, check=False
    )
    assert "missing: release" in shown.stdout
