"""`run --inbox` gives the command an inbox of its own, for as long as it runs."""

from __future__ import annotations

import contextlib
import json
import os
import re
import subprocess
import sys
import venv
from pathlib import Path
from typing import Any, Iterator

import httpx
import pytest

from sentry_asgi_autoconf.inbox.archive import Archive
from tests.cli.command_line import CLI, around, cli
from tests.harness.server import APPS, BOOTSTRAP, DEADLINE, ROOT, Server, until

SHOW = "import json, os; print(json.dumps(dict(os.environ)))"


@pytest.fixture
def served() -> Iterator[Server]:
    """Serve an app by `run --inbox`, with another DSN and a proxy in the environment."""
    dead_end = "http://127.0.0.1:9"
    changes = {"SENTRY_DSN": f"{dead_end.replace('//', '//key@')}/1", "http_proxy": dead_end}
    command = [*CLI, "run", "--inbox", "--", sys.executable, "-m", "uvicorn", "raw3:app", "--port", "0"]
    server = Server(command, around(changes), APPS)
    yield server
    server.kill()
    server.process.wait()


def page(output: str) -> str:
    """Return the inbox's address, as the line on stderr tells it."""
    (url,) = re.findall(r"^sentry-asgi-autoconf: inbox at (http://127\.0\.0\.1:\d+)/$", output, re.MULTILINE)
    return str(url)


def get(url: str) -> httpx.Response:
    """Request `url` directly."""
    with httpx.Client(timeout=DEADLINE, trust_env=False) as client:
        return client.get(url)


def is_gone(url: str) -> bool:
    """Whether nothing listens there any more."""
    try:
        get(url)
    except httpx.TransportError:
        return True
    return False


def test_what_the_app_reports_arrives_and_the_inbox_goes_when_the_command_ends(served: Server) -> None:
    served.ready()
    inbox = page(served.output)
    assert served.get("/boom").status_code == 500

    def arrived() -> set[str]:
        items: list[dict[str, Any]] = get(f"{inbox}/api/inbox/items").json()["items"]
        return {item["type"] for item in items}

    until(lambda: {"event", "transaction"} <= arrived(), "error and transaction")
    until(lambda: "ZeroDivisionError" in served.output, "the inbox's line on stderr")
    assert served.stdout.count("ZeroDivisionError") == 0
    served.process.terminate()
    until(lambda: is_gone(inbox), "the inbox to go")


def test_the_command_is_directed_to_the_inbox_and_inherits_no_socket() -> None:
    code = f"{SHOW}; print(os.listdir('/proc/self/fd'))"
    result = cli(
        "run", "--inbox", sys.executable, "-c", code, environ={"SENTRY_DSN": "http://key@other.example/1"}
    )
    environment, descriptors = result.stdout.splitlines()
    found = json.loads(environment)
    port = page(result.stderr).rsplit(":", 1)[1]
    assert found["SENTRY_DSN"].endswith(f"@127.0.0.1:{port}/1")
    assert found["SENTRY_TRACES_SAMPLE_RATE"] == "1.0"
    assert found["PYTHONPATH"].split(os.pathsep)[0] == str(BOOTSTRAP)
    assert "SENTRY_ASGI_ENABLED" not in found
    # 3 is the directory that is being listed.
    assert descriptors == "['0', '1', '2', '3']"


@pytest.mark.parametrize(
    "changes", [{"SENTRY_TRACES_SAMPLE_RATE": "0.5"}, {"SENTRY_TRACES_SAMPLER": "app:sampler"}]
)
def test_the_user_s_own_sampling_stays(changes: dict[str, str]) -> None:
    found = json.loads(cli("run", "--inbox", sys.executable, "-c", SHOW, environ=changes).stdout)
    names = ("SENTRY_TRACES_SAMPLE_RATE", "SENTRY_TRACES_SAMPLER")
    assert {name: found[name] for name in names if name in found} == changes


def test_a_command_that_cannot_be_executed_leaves_no_inbox() -> None:
    result = cli("run", "--inbox", "no-such-command")
    assert result.returncode == 127
    assert is_gone(page(result.stderr))


def test_what_arrived_stays_in_a_file(tmp_path: Path) -> None:
    code = "import sentry_sdk; sentry_sdk.init(); sentry_sdk.capture_message('hello')"
    result = cli("run", "--inbox", "--store", "inbox.sqlite", "--", sys.executable, "-c", code, cwd=tmp_path)
    assert result.returncode == 0, result.stderr
    with contextlib.closing(Archive(str(tmp_path / "inbox.sqlite"))) as archive:
        assert [item["payload"]["message"] for item, _ in archive.items() if item["type"] == "event"] == [
            "hello"
        ]


def test_a_file_that_cannot_be_used_starts_nothing(tmp_path: Path) -> None:
    result = cli("run", "--inbox", "--store", str(tmp_path), sys.executable, "-c", "print('started')")
    assert (result.returncode, result.stdout) == (1, "")
    assert "[inbox-file]" in result.stderr
    result = cli("run", "--store", "inbox.sqlite", sys.executable, "-c", "print('started')", cwd=tmp_path)
    assert (result.returncode, result.stdout) == (2, "")
    assert "--inbox is required" in result.stderr


def test_modules_of_the_working_directory_do_not_get_into_the_inbox(tmp_path: Path) -> None:
    for name in ("rich", "starlette", "json"):
        (tmp_path / f"{name}.py").write_text("raise SystemExit('shadowed')")
    code = (
        "import os, urllib.request\n"
        "url = 'http://' + os.environ['SENTRY_DSN'].split('@')[1][:-1] + 'api/inbox/health'\n"
        "print(urllib.request.build_opener(urllib.request.ProxyHandler({})).open(url).status)"
    )
    script = tmp_path / "apart" / "script.py"
    script.parent.mkdir()
    script.write_text(code)
    # Started by a file, not by -m, which would put the working directory on this process's own path.
    start = tmp_path / "apart" / "start.py"
    start.write_text("import sys; from sentry_asgi_autoconf.cli import main; sys.exit(main())")
    result = subprocess.run(
        [sys.executable, str(start), "run", "--inbox", sys.executable, str(script)],
        env=around({}),
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=DEADLINE,
        check=False,
    )
    assert (result.returncode, result.stdout) == (0, "200\n"), result.stderr


@pytest.mark.parametrize("words", [["run", "--inbox", "true"], ["demo", "--once"], ["inbox"]])
def test_without_the_extra_it_is_named(words: list[str], tmp_path: Path) -> None:
    venv.create(tmp_path / "bare", symlinks=True, with_pip=False)
    result = subprocess.run(
        [str(tmp_path / "bare" / "bin" / "python"), "-m", "sentry_asgi_autoconf", *words],
        env=around({"PYTHONPATH": str(ROOT)}),
        capture_output=True,
        text=True,
        timeout=DEADLINE,
        check=False,
    )
    assert (result.returncode, result.stdout) == (1, "")
    assert result.stderr.count("\n") == 1
    assert "pip install 'sentry-asgi-autoconf[inbox]'" in result.stderr
    assert "[missing-extra]" in result.stderr
