"""The machine's policy, /etc/sentry-asgi-autoconf/policy.toml, applies whatever a service's environment says."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any, Callable

import pytest

from sentry_asgi_autoconf.activation.layers import load
from sentry_asgi_autoconf.console import printable
from tests.activation.layering import arguments_of
from tests.harness import machine, toml_text
from tests.harness.declared import POLICIES, distribution
from tests.harness.envelopes import Project
from tests.harness.policies import Policy
from tests.harness.server import Server, uvicorn

Start = Callable[..., Server]

MACHINE = "/etc/sentry-asgi-autoconf/policy.toml"


@pytest.fixture
def policies(tmp_path: Path) -> Path:
    """Return what stands for /etc/sentry-asgi-autoconf."""
    directory = tmp_path / "policies"
    directory.mkdir()
    return directory


@pytest.fixture
def serve(start: Start, policies: Path) -> Start:
    """Serve an app on that machine."""

    def begin(app: str, environ: dict[str, str]) -> Server:
        return start(machine.with_own_etc(policies.parent, uvicorn(app)), environ)

    return begin


def write(policies: Path, **tables: dict[str, Any]) -> None:
    """Write the machine's policy."""
    (policies / "policy.toml").write_text(toml_text.tables(tables))


def test_it_holds_against_the_environment_and_the_app(
    serve: Start, policies: Path, project: Project, other: Project
) -> None:
    write(
        policies,
        defaults={"server_name": "machine", "dist": "machine"},
        limits={"dsn": {"allow": ["127.0.0.1"]}},
        enforced={"environment": "machine"},
    )
    environ = {"INIT": "by keywords", "OTHER_DSN": other.dsn, "OPTIONS": '{"environment": "app"}'}
    server = serve("own_init:app", {**environ, "SENTRY_ENVIRONMENT": "service", "SENTRY_DIST": "service"})
    server.provoke()
    (event,) = project.wait("event")
    server.stop()
    assert other.items() == []
    assert (event["environment"], event["server_name"], event["dist"]) == ("machine", "machine", "service")
    assert f"environment='app' ('machine' applies: [enforced] environment ({MACHINE}:9))" in server.output


def test_it_stands_above_the_policies_of_distributions_and_of_the_variable(
    serve: Start, policies: Path, project: Project, policy: Policy, tmp_path: Path
) -> None:
    every = ("dist", "server_name", "release")
    code = f"policy = {{'enforced': dict.fromkeys({every!r}, 'distribution')}}"
    environ = {
        **distribution(tmp_path, code, {POLICIES: {"acme": "acme:policy"}}),
        **policy(enforced=dict.fromkeys(every[:2], "variable")),
    }
    write(policies, enforced={"dist": "machine"})
    server = serve("raw3:app", environ)
    server.provoke()
    (event,) = project.wait("event")
    server.stop()
    assert [event[name] for name in every] == ["machine", "variable", "distribution"]
    lines = [line for line in server.output.splitlines() if line.endswith("[contradicting-policies]")]
    assert len(lines) == 3
    variable = environ["SENTRY_ASGI_POLICY"]
    assert f"[enforced] dist ({variable}:2) and [enforced] dist ({MACHINE}:2) enforce different" in lines[2]


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda path: path.write_text("[enforced"), "cannot be read: it is not valid TOML"),
        (lambda path: path.symlink_to("policy.toml"), "cannot be read: Too many levels of symbolic links"),
        (lambda path: path.symlink_to("gone"), "cannot be read: No such file or directory"),
        (os.mkfifo, "cannot be read: it is not a regular file"),
        (Path.mkdir, "cannot be read: it is not a regular file"),
    ],
    ids=["malformed", "looping link", "dangling link", "pipe", "directory"],
)
def test_where_it_cannot_be_read_nothing_leaves(
    make: Callable[[Path], Any],
    words: str,
    serve: Start,
    policies: Path,
    project: Project,
    other: Project,
) -> None:
    make(policies / "policy.toml")
    server = serve("own_init:app", {"INIT": "by keywords", "OTHER_DSN": other.dsn})
    server.provoke()
    server.stop()
    assert (project.items(), other.items()) == ([], [])
    assert f"the policy {MACHINE} {words}" in server.output


def test_without_one_nothing_is_said(serve: Start, project: Project) -> None:
    server = serve("raw3:app", {})
    server.provoke()
    project.wait("event")
    server.stop()
    assert "sentry-asgi-autoconf" not in server.output


@pytest.mark.parametrize("first", ["acme_a", "acme_b"])
def test_of_two_distributions_with_one_name_the_later_by_its_own_name_wins(
    first: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("acme_a", "acme_b"):
        directory = tmp_path / name
        information = directory / f"{name}-1.0.dist-info"
        information.mkdir(parents=True)
        (information / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
        (information / "entry_points.txt").write_text(f"[{POLICIES}]\nacme = {name}:policy\n")
        (directory / f"{name}.py").write_text(f"policy = {{'enforced': {{'release': '{name}'}}}}\n")
        monkeypatch.delitem(sys.modules, name, raising=False)
    # The path has them in either order.
    for name in sorted(("acme_a", "acme_b"), key=lambda name: name == first):
        monkeypatch.syspath_prepend(tmp_path / name)
    loaded = load({"SENTRY_DSN": "https://key@host/1"})
    named = [name.partition("@")[0] for name in loaded.policy.names]
    assert named == ["policy acme (acme_a:policy)", "policy acme (acme_b:policy)"]
    assert loaded.options["release"] == "acme_b"


@pytest.mark.parametrize(("distribution_s", "variable_s"), [(0.2, 0.6), (0.6, 0.2)])
def test_of_two_policies_that_limit_the_same_the_stricter_limit_holds_in_either_order(
    distribution_s: float,
    variable_s: float,
    tmp_path: Path,
    policy: Policy,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    limits = {
        maximum: {"traces_sample_rate": {"max": maximum}, "sample_rate": {"min": maximum}}
        for maximum in (distribution_s, variable_s)
    }
    code = f"policy = {{'limits': {limits[distribution_s]!r}}}"
    distribution(tmp_path, code, {POLICIES: {"acme": "acme:policy"}})
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "acme", raising=False)
    environ = {**policy(limits=limits[variable_s]), "SENTRY_DSN": "https://key@host/1"}
    arguments = arguments_of(
        load({**environ, "SENTRY_TRACES_SAMPLE_RATE": "1", "SENTRY_SAMPLE_RATE": "0"})
    ).own()
    assert (arguments["traces_sample_rate"], arguments["sample_rate"]) == (0.2, 0.6)


def test_each_place_of_a_contradiction_takes_no_more_than_200_characters_of_a_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    distribution(tmp_path, "policy = {'enforced': {'release': 'a'}}", {POLICIES: {"acme": "acme:policy"}})
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "acme", raising=False)
    path = tmp_path / ("long" * 60) / "policy.toml"
    path.parent.mkdir()
    path.write_text("[enforced]\nrelease = 'b'")
    loaded = load({"SENTRY_DSN": "https://key@host/1", "SENTRY_ASGI_POLICY": str(path)})
    (warning,) = loaded.policy.warnings
    assert f" and {printable(f'[enforced] release ({path}:2)', 200)} enforce different values" in warning.what


def test_where_it_cannot_be_told_whether_there_is_one_nothing_leaves(
    start: Start, policies: Path, project: Project, other: Project
) -> None:
    policies.chmod(0)  # root, too, is kept out by that in the process that follows
    powers = "-dac_override,-dac_read_search"
    server = [f"--inh-caps={powers}", f"--bounding-set={powers}", *uvicorn("own_init:app")]
    command = machine.with_own_etc(policies.parent, ["setpriv", *server])
    served = start(command, {"INIT": "by keywords", "OTHER_DSN": other.dsn})
    served.provoke()
    served.stop()
    assert (project.items(), other.items()) == ([], [])
    assert f"the policy {MACHINE} cannot be read: Permission denied" in served.output
