"""Each event says by what it came, and each process counts what became of what it captured."""

from __future__ import annotations

import hashlib
import json
import os
import sys
from pathlib import Path
from typing import Any, Callable

import pytest

from sentry_asgi_autoconf import __version__
from sentry_asgi_autoconf.cli.path import BOOTSTRAP_DIRECTORY
from tests.cli.command_line import cli
from tests.fleet.bundles import bundle
from tests.harness.envelopes import Project
from tests.harness.server import APPS, ROOT, Server, environment, run, until, uvicorn

Start = Callable[..., Server]
RUN = [sys.executable, "-m", "sentry_asgi_autoconf", "run", "--"]


def served(server: Server, project: Project) -> dict[str, Any]:
    """Return the event of a request that fails."""
    server.ready().provoke()
    event: dict[str, Any] = project.wait("event")[0]
    return event


def test_an_event_tells_the_release_the_way_in_the_app_and_the_policies(
    start: Start, project: Project, tmp_path: Path
) -> None:
    policy = tmp_path / "policy.toml"
    policy.write_text("[defaults]\nenvironment = 'shop'\n")
    server = start(uvicorn("raw3:app"), {"SENTRY_ASGI_POLICY": str(policy), "SENTRY_TRACES_SAMPLE_RATE": "1"})
    event = served(server, project)
    digest = hashlib.sha256(policy.read_bytes()).hexdigest()[:8]
    told = {"way_in": "PYTHONPATH", "apps": ["raw3:app"], "policies": [f"{policy}@{digest}"]}
    for item in (event, project.wait("transaction")[0]):
        assert item["contexts"]["sentry_asgi_autoconf"] == told
        assert {"name": "pypi:sentry-asgi-autoconf", "version": __version__} in item["sdk"]["packages"]


def test_run_is_told_as_the_way_in(start: Start, project: Project) -> None:
    server = start([*RUN, *uvicorn("raw3:app")], {"PYTHONPATH": str(ROOT)}, bootstrap=False)
    assert served(server, project)["contexts"]["sentry_asgi_autoconf"]["way_in"] == "run"


def test_what_an_interpreter_has_installed_is_told_as_the_way_in(project: Project, tmp_path: Path) -> None:
    line = f"import sys; sys.path.insert(0, {BOOTSTRAP_DIRECTORY!r}); import sitecustomize"
    code = (
        f"{line}\nfrom sentry_asgi_autoconf import activate\nactivate()\n"
        "import sentry_sdk; sentry_sdk.capture_message('hello')"
    )
    environ = {**environment({"SENTRY_DSN": project.dsn}, bootstrap=False), "PYTHONPATH": str(ROOT)}
    assert run(code, environ).stderr == ""
    assert project.wait("event")[0]["contexts"]["sentry_asgi_autoconf"]["way_in"] == "install"


def test_a_bundle_is_told_with_its_way_in(start: Start, project: Project) -> None:
    path = f"{bundle()}:{APPS}"
    server = start(uvicorn("raw3:app"), {"PYTHONPATH": path}, bootstrap=False)
    assert served(server, project)["contexts"]["sentry_asgi_autoconf"]["way_in"] == "PYTHONPATH"


def test_nothing_of_it_is_left_where_the_app_is_left_alone(start: Start, project: Project) -> None:
    environ = {"SENTRY_ASGI_EXCLUDED_APPS": "own_init:app", "OPTIONS": json.dumps({"dsn": project.dsn})}
    event = served(start(uvicorn("own_init:app"), environ), project)
    assert "sentry_asgi_autoconf" not in event["contexts"]
    assert [each["name"] for each in event["sdk"]["packages"]] == ["pypi:sentry-sdk"]


def test_one_failure_to_boot_is_one_issue(start: Start, project: Project) -> None:
    assert start(uvicorn("broken_import:app")).wait() == 1
    (event,) = project.wait("event")
    (failure, words) = event["fingerprint"]
    assert failure == "failed-boot" and words.startswith(event["exception"]["values"][-1]["type"])
    assert event["contexts"]["sentry_asgi_autoconf"]["way_in"] == "PYTHONPATH"


def status(directory: Path, *options: str) -> Any:
    """Return what the command says of a directory."""
    return cli("status", str(directory), *options, environ={"COLUMNS": None})


def processes(directory: Path) -> list[dict[str, Any]]:
    """Return the processes of which the command tells."""
    found: list[dict[str, Any]] = json.loads(status(directory, "--json").stdout)["processes"]
    return found


def test_a_process_counts_what_it_captures_and_sends(start: Start, project: Project, tmp_path: Path) -> None:
    environ = {"SENTRY_ASGI_STATUS_DIR": str(tmp_path), "SENTRY_TRACES_SAMPLE_RATE": "1"}
    server = start(uvicorn("raw3:app"), environ)
    served(server, project)

    def has_sent() -> list[dict[str, Any]]:
        return [each for each in processes(tmp_path) if each["sent"]]

    (found,) = until(has_sent, f"a delivery, in {processes(tmp_path)}")
    assert found["captured"]["error"] == 1
    assert found["is_running"] is True
    assert found["last_delivery"]["answer"] == 200
    table = status(tmp_path)
    assert table.returncode == 0
    for cell in ("raw3:app (uvicorn)", "active", "1 error", "200, "):
        assert cell in table.stdout
    server.kill()
    server.process.wait()
    gone = status(tmp_path)
    assert gone.returncode == 1 and "gone" in gone.stdout


def test_a_process_counts_what_it_loses_and_why(start: Start, tmp_path: Path) -> None:
    environ = {
        "SENTRY_ASGI_STATUS_DIR": str(tmp_path),
        "SENTRY_DSN": "http://key@127.0.0.1:9/1",
        "SENTRY_TRACES_SAMPLE_RATE": "0",
        "SENTRY_HTTP_PROXY": "",
    }
    server = start(uvicorn("raw3:app"), environ).ready()
    server.provoke()

    def has_lost() -> list[dict[str, Any]]:
        return [each for each in processes(tmp_path) if "network_error" in each["dropped"]]

    (found,) = until(has_lost, f"a loss, in {processes(tmp_path)}")
    assert found["dropped"]["network_error"] == {"error": 1}
    assert found["last_delivery"]["answer"] == "MaxRetryError"
    assert "1 error (network_error)" in status(tmp_path).stdout


def test_a_serving_process_says_one_line_of_json_where_it_is_asked_for(
    start: Start, project: Project
) -> None:
    server = start(uvicorn("raw3:app"), {"SENTRY_ASGI_STATUS_LINE": "true"}).ready()
    server.stop()
    (line,) = [line for line in server.output.splitlines() if line.startswith('{"sentry-asgi-autoconf"')]
    told = json.loads(line)["sentry-asgi-autoconf"]
    assert (told["state"], told["result"], told["pid"]) == ("active", "success", server.process.pid)
    assert [app["app"] for app in told["apps"]] == ["raw3:app"]
    assert project.dsn not in line


@pytest.mark.parametrize(
    ("environ", "result"),
    [
        ({"SENTRY_DSN": ""}, "abort"),
        ({}, "incompatible"),
    ],
)
def test_the_class_of_the_result_is_told(
    environ: dict[str, str], result: str, start: Start, tmp_path: Path
) -> None:
    (tmp_path / "raw3.py").write_text((APPS / "raw3.py").read_text())
    if result == "incompatible":
        (tmp_path / "sentry_sdk.py").write_text("VERSION = '1.45.0'")
    server = start(uvicorn("raw3:app"), {**environ, "SENTRY_ASGI_STATUS_LINE": "1"}, cwd=tmp_path).ready()
    server.stop()
    (line,) = [line for line in server.output.splitlines() if line.startswith('{"sentry-asgi-autoconf"')]
    assert json.loads(line)["sentry-asgi-autoconf"]["result"] == result


def test_what_others_write_into_the_directory_is_shown_as_text(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text(
        json.dumps({"pid": 1, "state": "\x1b[31mred", "host": "\x1b]0;owned\x07"})
    )
    (tmp_path / "b.json").write_text("[]")
    (tmp_path / "c.json").write_text("{")
    shown = status(tmp_path).stdout
    assert "\x1b" not in shown and "\x07" not in shown
    assert "not readable" in shown


def test_no_file_of_others_keeps_it_from_telling(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.json")  # which would be read for ever
    (tmp_path / "deep.json").write_text("[" * 100_000)
    host = {"host": os.uname().nodename, "pid_namespace": Path("/proc/self/ns/pid").stat().st_ino}
    for number, pid in enumerate((10**30, -1, 0, True)):
        told = {**host, "pid": pid, "state": "active", "code": ["active"]}
        (tmp_path / f"{number}.json").write_text(json.dumps(told))
    result = status(tmp_path)
    assert result.stderr == ""
    assert result.stdout.count(os.uname().nodename) == 4


def test_a_directory_that_is_not_there_is_named(tmp_path: Path) -> None:
    result = status(tmp_path / "none")
    assert result.returncode == 1
    assert result.stderr.rstrip().endswith("[no-status]")
