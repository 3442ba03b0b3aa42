"""An organisation's functions change the options of every init, below its policy; where one fails nothing leaves."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Callable

import pytest

from sentry_asgi_autoconf.exceptions import ConfiguratorError
from sentry_asgi_autoconf.sdk import arguments
from tests.harness.declared import CONFIGURATORS, distribution, with_metadata
from tests.harness.envelopes import Project
from tests.harness.policies import Policy
from tests.harness.server import Server, uvicorn

Start = Callable[..., Server]

# Name → the code of the module `acme`, the entry point's object, and what the line says.
BROKEN = {
    "no such module": ("", "no_such:configure", "raised ModuleNotFoundError: No module named 'no_such'"),
    "no such object": ("", "acme:configure", "raised AttributeError"),
    "raises": (
        "def configure(options): raise LookupError(options['dsn'])",
        "acme:configure",
        "calling acme:configure raised LookupError: http://***@127.0.0.1",
    ),
    "exits": ("def configure(options): raise SystemExit", "acme:configure", "raised SystemExit"),
    "no function": ("configure = 7", "acme:configure", "raised TypeError: 'int' object is not callable"),
    "gives nonsense": (
        "def configure(options): return 7",
        "acme:configure",
        "returned an object of type int",
    ),
    "gives no names": (
        "def configure(options): return {1: 2}",
        "acme:configure",
        "returned an object of type dict",
    ),
    "coroutine": (
        "async def configure(options): pass",
        "acme:configure",
        "returned an object of type coroutine",
    ),
    "unknown option": (
        "def configure(options): options['no_such_option'] = 1",
        "acme:configure",
        "sentry_sdk.init refused the settings with TypeError: Unknown option 'no_such_option'",
    ),
}
CHANGES = """
def first(options):
    options["environment"] = options.get("environment", "?") + " first"

def second(options):
    return {**options, "environment": options["environment"] + " second", "dist": "configured"}
"""


def test_they_change_our_init_and_the_app_s_in_turn_by_name(
    start: Start, project: Project, tmp_path: Path
) -> None:
    points = {"b": "acme:second", "a": "acme:first"}
    environ = {
        **distribution(tmp_path, CHANGES, {CONFIGURATORS: points}),
        "WHEN": "in a request",
        "OPTIONS": '{"environment": "app"}',
        "SENTRY_ENVIRONMENT": "service",
    }
    server = start(uvicorn("own_init:app"), environ)
    server.get("/message")
    server.get("/init")
    server.get("/message")
    events = project.wait("event", 2)
    server.stop()
    assert [event["environment"] for event in events] == ["service first second", "app first second"]
    assert [event["dist"] for event in events] == ["configured"] * 2


def test_they_stand_below_a_policy(start: Start, project: Project, policy: Policy, tmp_path: Path) -> None:
    environ = {
        **distribution(tmp_path, CHANGES, {CONFIGURATORS: {"a": "acme:first", "b": "acme:second"}}),
        **policy(limits={"environment": {"allow": ["staging"]}}, enforced={"dist": "enforced"}),
        "SENTRY_ENVIRONMENT": "staging",
    }
    server = start(uvicorn("raw3:app"), environ)
    server.provoke()
    (event,) = project.wait("event")
    server.stop()
    assert (event["environment"], event["dist"]) == ("staging", "enforced")


def test_they_change_an_app_s_init_where_the_environment_names_no_destination(
    start: Start, other: Project, tmp_path: Path
) -> None:
    environ = {
        **distribution(tmp_path, CHANGES, {CONFIGURATORS: {"a": "acme:first"}}),
        "INIT": "by keywords",
        "OTHER_DSN": other.dsn,
        "SENTRY_DSN": None,
    }
    server = start(uvicorn("own_init:app"), environ)
    server.get("/message")
    (event,) = other.wait("event")
    server.stop()
    assert event["environment"] == "? first"


@pytest.mark.parametrize("name", ["no such module", "raises", "unknown option"])
def test_one_that_fails_is_named_and_nothing_leaves(
    name: str, start: Start, project: Project, other: Project, tmp_path: Path
) -> None:
    code, value, words = BROKEN[name]
    environ = {
        **distribution(tmp_path, code, {CONFIGURATORS: {"acme": value}}),
        "INIT": "by keywords",
        "OTHER_DSN": other.dsn,
    }
    server = start(uvicorn("own_init:app"), environ).ready()
    server.provoke()
    assert server.get("/message").text == "ok"
    server.stop()
    assert (project.items(), other.items()) == ([], [])
    assert "the app's init gave _InitGuard" in server.output
    lines = [line for line in server.output.splitlines() if line.startswith("sentry-asgi-autoconf: ")]
    assert words in lines[0]
    assert "unexpected-error" not in server.output
    assert any("[app-init]" in line and "nothing is sent" in line for line in lines[1:])


def test_one_whose_metadata_cannot_be_read_is_named_and_nothing_leaves(
    start: Start, project: Project, other: Project, tmp_path: Path
) -> None:
    environ = {"INIT": "by keywords", "OTHER_DSN": other.dsn, "PYDANTIC_DISABLE_PLUGINS": "__all__"}
    environ.update(with_metadata(tmp_path, "", f"[{CONFIGURATORS}]\nnonsense\n".encode()))
    server = start(uvicorn("own_init:app"), environ).ready()
    server.provoke()
    server.stop()
    assert (project.items(), other.items()) == ([], [])
    assert "the metadata of acme, which declares a configurator, cannot be read" in server.output


@pytest.mark.parametrize("name", [name for name in BROKEN if name != "unknown option"])
@pytest.mark.filterwarnings("ignore:coroutine .* was never awaited")
def test_each_way_to_fail_has_its_words(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    code, value, words = BROKEN[name]
    distribution(tmp_path, code, {CONFIGURATORS: {"acme": value}})
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "acme", raising=False)
    with pytest.raises(ConfiguratorError) as raised:
        arguments.configured({"dsn": "http://key@127.0.0.1:9/1"})
    sys.modules.pop("acme", None)
    assert str(raised.value).startswith(f"the configurator acme ({value}) ")
    assert words in str(raised.value)
