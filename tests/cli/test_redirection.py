"""Under `run --inbox` nothing goes anywhere else, whatever an app, its settings or a policy name; a line says so."""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from typing import Any, Callable

import httpx
import pytest

from tests.cli.command_line import CLI, around, cli
from tests.harness.envelopes import Project
from tests.harness.server import APPS, DEADLINE, Server

KEY = "d3adb33fd3adb33fd3adb33fd3adb33f"


def redirected(output: str) -> list[str]:
    """Return what the lines say."""
    return re.findall(r"^sentry-asgi-autoconf: (.*) \[redirected\]$", output, re.MULTILINE)


def errors_in(server: Server) -> Any:
    """Wait for an error in the inbox of a server, and give those that are there."""
    (url,) = re.findall(r"inbox at (http://\S+)/$", server.output, re.MULTILINE)
    with httpx.Client(trust_env=False, timeout=DEADLINE) as client:
        return client.get(f"{url}/api/inbox/items?type=event&wait=30").json()["items"]


@pytest.mark.parametrize("switch", ["true", "false"])
def test_whatever_a_client_names_it_sends_to_the_inbox(switch: str, project: Project) -> None:
    environ = {"OTHER_DSN": project.dsn, "SENTRY_ASGI_ENABLED": switch}
    result = cli("run", "--inbox", "--", sys.executable, "many_ways_out.py", cwd=APPS, environ=environ)
    assert result.returncode == 0, result.stderr
    ways = [
        "dsn",
        "position",
        "mapping",
        "spotlight",
        "both",
        "transport",
        "proxy",
        "http2",
        "variables",
        "init",
    ]
    assert json.loads(result.stdout.splitlines()[-1]) == ways
    assert project.items() == []
    told = redirected(result.stderr)
    place = "sentry_sdk.init at .*many_ways_out.py:\\d+ names"
    assert re.match(f"{place} the DSN of 127.0.0.1: ", told[0]), told
    assert re.match(f"{place} Spotlight at 127.0.0.1: ", told[1]), told
    assert re.match(f"{place} a transport of its own: ", told[2]), told
    assert len(told) == 3


RAW = ["-m", "uvicorn", "raw3:app", "--port", "0"]
IMPORTED = ["-m", "uvicorn", "own_init:app", "--port", "0"]
BEFORE = ["-c", "import uvicorn, own_init; uvicorn.run(own_init.app, port=0)"]


@pytest.mark.parametrize(
    ("on_app_init", "words"),
    [("merge", IMPORTED), ("keep", IMPORTED), ("replace", IMPORTED), ("merge", BEFORE)],
    ids=["merge", "keep", "replace", "before the server"],
)
def test_a_served_app_reports_to_the_inbox_alone(
    on_app_init: str, words: list[str], project: Project, start: Callable[..., Server]
) -> None:
    secret = project.dsn.replace("inbox", KEY)
    changes = {
        "SENTRY_DSN": secret,
        "SENTRY_SPOTLIGHT": project.dsn.replace("inbox@", "") + "/stream",
        "SENTRY_ASGI_ON_APP_INIT": on_app_init,
        "OTHER_DSN": secret,
        "INIT": "by keywords",
    }
    server = start([*CLI, "run", "--inbox", "--", sys.executable, *words], around(changes))
    assert server.ready().get("/boom").status_code == 500
    assert [item["type"] for item in errors_in(server)] == ["event"]
    server.stop()
    assert project.items() == []
    assert KEY not in server.output
    told = redirected(server.output)
    assert "the environment names the DSN of 127.0.0.1: everything for that destination goes" in told[0]
    assert "the environment names Spotlight at 127.0.0.1" in told[1]


def test_a_dsn_that_a_policy_enforces_gives_way_too(
    project: Project, start: Callable[..., Server], tmp_path: Path
) -> None:
    (tmp_path / "policy.toml").write_text(f'[enforced]\ndsn = "{project.dsn}"\n')
    changes = {"SENTRY_ASGI_POLICY": str(tmp_path / "policy.toml")}
    server = start([*CLI, "run", "--inbox", "--", sys.executable, *RAW], around(changes))
    assert server.ready().get("/boom").status_code == 500
    assert [item["type"] for item in errors_in(server)] == ["event"]
    server.stop()
    assert project.items() == []
    assert [line.partition(":")[0] for line in redirected(server.output)] == [
        "the environment names the DSN of 127.0.0.1",
        "the settings name the DSN of 127.0.0.1",
    ]
