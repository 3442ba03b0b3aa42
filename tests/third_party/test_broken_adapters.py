"""A broken adapter is named in one line; the app is served, and other adapters do their work."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Callable

import pytest

from tests.harness.envelopes import Project
from tests.harness.server import BOOTSTRAP, Server, uvicorn

Start = Callable[..., Server]

# Name → what the adapter's module says, the object that the entry point names, and what the line tells of.
BROKEN = {
    "import error": ("import no_such_module", "broken:join", "ModuleNotFoundError: No module named"),
    "syntax error": ("def", "broken:join", "SyntaxError: invalid syntax"),
    "no such module": ("", "no_such_adapter:join", "ModuleNotFoundError: No module named 'no_such_adapter'"),
    "no such object": ("", "broken:join", "AttributeError: module 'broken' has no attribute 'join'"),
    "no object": ("", "broken", "TypeError: 'module' object is not callable"),
    "not callable": ("join = 7", "broken:join", "TypeError: 'int' object is not callable"),
    "no import string": ("", "broken join", "AttributeError: "),
    "wrong signature": ("def join(module): pass", "broken:join", "TypeError: join() takes 1 positional"),
    "exception": ("def join(module, runtime): raise LookupError('a\\nb')", "broken:join", "LookupError: a b"),
    "wrong call": ("def join(module, runtime): runtime.server()", "broken:join", "TypeError: "),
}
MOVED_SEAM = "def join(module, runtime): runtime.server('acme-server').around(module.Config, 'gone', print)"

# Name → what the adapter does when uvicorn loads its app, and what the line tells of.
FAILING_LATER = {
    "attempt": (
        "server.attempt(lambda: call.instance.no_such_thing, None)",
        "AttributeError: 'Config' object has no",
    ),
    "attempt of an import": (
        "server.attempt(lambda: __import__('no_such_module'), None)",
        "ModuleNotFoundError: No module named 'no_such_module'",
    ),
    "wrap_attribute": (
        "server.wrap_attribute(call.instance, 'no_such_app')",
        "AttributeError: 'Config' object has no",
    ),
    "its own code": ("call.instance.no_such_thing", "AttributeError: 'Config' object has no"),
    "an argument that is not there": (
        "call.argument('no_such')",
        "LookupError: the signature of uvicorn.config.Config.load does not show which argument is 'no_such'",
    ),
    "a second yield": ("yield", "RuntimeError: the steps around a call yield twice"),
}
ADAPTER = """
def join(module, runtime):
    server = runtime.server("acme-server")

    def load(call):
        yield
        {action}

    server.around(module.Config, "load", load)
"""


def declare(directory: Path, code: str, *entries: str) -> dict[str, str]:
    """Write a distribution that declares adapters, `trigger = object`, and give the variables that make it found."""
    metadata = directory / "broken_sentry-1.0.dist-info"
    metadata.mkdir()
    (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: broken-sentry\nVersion: 1.0\n")
    (metadata / "entry_points.txt").write_text("\n".join(["[sentry_asgi_autoconf.servers]", *entries, ""]))
    (directory / "broken.py").write_text(code + "\n")
    return {"PYTHONPATH": os.pathsep.join([str(BOOTSTRAP), str(directory)])}


def lines_of_an_instrumented_app(server: Server, project: Project) -> list[str]:
    """See the app served, and one event and one transaction by uvicorn's adapter; give our lines."""
    server.ready().provoke()
    (event,) = project.wait("event")
    project.wait("transaction")
    server.stop()
    assert (len(project.items("event")), len(project.items("transaction"))) == (1, 1)
    assert event["contexts"]["asgi_server"]["name"] == "uvicorn"
    return [line for line in server.output.splitlines() if line.startswith("sentry-asgi-autoconf")]


@pytest.mark.parametrize(("code", "value", "error"), BROKEN.values(), ids=BROKEN.keys())
def test_it_is_named_with_its_trigger_the_error_and_a_remedy(
    code: str, value: str, error: str, start: Start, project: Project, tmp_path: Path
) -> None:
    environ = declare(tmp_path, code, f"uvicorn.config = {value}")
    (line,) = lines_of_an_instrumented_app(start(uvicorn("raw3:app"), environ), project)
    assert f"The adapter {value} for uvicorn.config failed with {error}" in line
    assert line.endswith(
        "Tell the adapter's authors, or name its server in SENTRY_ASGI_DISABLED_SERVERS. [adapter-failed]"
    )


def test_a_seam_that_is_gone_is_named_with_the_adapter_that_looks_for_it(
    start: Start, project: Project, tmp_path: Path
) -> None:
    environ = declare(tmp_path, MOVED_SEAM, "uvicorn.config = broken:join")
    (line,) = lines_of_an_instrumented_app(start(uvicorn("raw3:app"), environ), project)
    assert (
        "acme-server unknown has no Config.gone: not instrumented by broken:join for uvicorn.config." in line
    )
    assert line.endswith("[adapter-failed]")


def test_each_broken_adapter_has_a_line_of_its_own(start: Start, project: Project, tmp_path: Path) -> None:
    entries = ["uvicorn.config = broken:one", "uvicorn.server = broken:two"]
    lines = lines_of_an_instrumented_app(start(uvicorn("raw3:app"), declare(tmp_path, "", *entries)), project)
    assert ["broken:one" in line for line in lines] == [True, False]
    assert ["broken:two" in line for line in lines] == [False, True]


@pytest.mark.parametrize(("action", "error"), FAILING_LATER.values(), ids=FAILING_LATER.keys())
def test_what_fails_while_the_server_loads_costs_one_line_that_names_the_server(
    action: str, error: str, start: Start, project: Project, tmp_path: Path
) -> None:
    environ = declare(tmp_path, ADAPTER.format(action=action), "uvicorn.config = broken:join")
    (line,) = lines_of_an_instrumented_app(start(uvicorn("raw3:app"), environ), project)
    assert f"The adapter of acme-server failed with {error}" in line
    assert line.endswith("[adapter-failed]")


@pytest.mark.parametrize(
    ("code", "disabled"),
    [("import no_such_module", "Uvicorn"), (MOVED_SEAM, "acme_server")],
    ids=["by the trigger's package", "by the server that the adapter names"],
)
def test_nothing_is_said_of_the_adapter_of_a_disabled_server(
    code: str, disabled: str, start: Start, project: Project, tmp_path: Path
) -> None:
    environ = {"SENTRY_ASGI_DISABLED_SERVERS": disabled}
    environ.update(declare(tmp_path, code, "uvicorn.config = broken:join"))
    server = start(uvicorn("raw3:app"), environ).ready()
    assert server.get("/ok").text == "ok"
    server.stop()
    assert "sentry-asgi-autoconf" not in server.output
