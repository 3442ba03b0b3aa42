"""`demo` serves the example app through the bootstrap and shows what arrives."""

from __future__ import annotations

import json
import re
import signal
import socket
import subprocess
from pathlib import Path

import httpx

from tests.cli.command_line import CLI, around, cli
from tests.harness.server import DEADLINE, ROOT, Server, until


def test_once_shows_error_and_transaction_and_ends_with_0(tmp_path: Path) -> None:
    # Settings of the caller's shell would spoil it.
    changes = {
        "SENTRY_ASGI_ENABLED": "false",
        "SENTRY_DSN": "nonsense",
        "UVICORN_PORT": "1",
        "http_proxy": "http://127.0.0.1:9",
    }
    result = cli("demo", "--once", cwd=tmp_path, environ=changes)
    assert result.returncode == 0, result.stdout + result.stderr
    assert "GET /orders/8/invoice answered 500" in result.stdout
    assert "KeyError: 'NO'" in result.stdout
    assert "uvicorn main:app --port " in result.stdout
    assert "Both services are in one trace" in result.stdout
    # Which would be gone by now.
    assert "/errors/" not in result.stdout and "/traces/" not in result.stdout


def test_a_program_is_told_in_json_what_arrived() -> None:
    result = cli("demo", "--json")
    told = json.loads(result.stdout)
    assert (result.returncode, told["complete"]) == (0, True), result.stderr
    assert [request["status"] for request in told["requests"]] == [200, 200, 200, 500, 500]
    assert (told["error"], told["transaction"]) == ("KeyError: 'NO'", "/orders/{number:int}/invoice")
    assert re.fullmatch("[0-9a-f]{32}", told["trace"])


def test_it_stays_until_it_is_interrupted_with_the_pages_that_it_names() -> None:
    demo = Server([*CLI, "demo"], around({}))
    try:
        until(lambda: "Ctrl-C" in demo.output, f"the demo, in {demo.output}")
        pages = re.findall(r"^  (http://\S+/(?:errors|transactions)/\S+)", demo.stdout, re.MULTILINE)
        pages += re.findall(r"^  (http://\S+/traces/\S+)", demo.stdout, re.MULTILINE)
        assert len(pages) == 3
        app = re.search(r"Requested of (http://\S+),", demo.stdout)
        assert app is not None
        with httpx.Client(timeout=DEADLINE, trust_env=False) as client:
            assert [client.get(page).status_code for page in pages] == [200, 200, 200]
            trace = client.get(pages[-1]).text
            # The span of the gateway's request has the shop's transaction below it.
            assert trace.count("/orders/8/invoice") >= 2 and "KeyError" in trace
            assert client.get(f"{app[1]}/orders/7").json()["country"] == "FR"
        demo.process.send_signal(signal.SIGINT)
        assert demo.process.wait(DEADLINE) == 0
        port = int(app[1].rsplit(":", 1)[1])
        with socket.socket() as probe:
            assert probe.connect_ex(("127.0.0.1", port)) != 0
    finally:
        demo.kill()
        demo.process.wait()


def test_a_terminated_demo_takes_its_server_along() -> None:
    demo = Server([*CLI, "demo"], around({}))
    try:
        until(lambda: "Ctrl-C" in demo.output, f"the demo, in {demo.output}")
        children = subprocess.run(
            ["ps", "-o", "pid=", "--ppid", str(demo.process.pid)], capture_output=True, text=True, check=True
        ).stdout.split()
        assert len(children) == 2
        demo.process.terminate()
        assert demo.process.wait(DEADLINE) == 128 + signal.SIGTERM
        assert not any(Path("/proc", child).exists() for child in children)
    finally:
        demo.kill()
        demo.process.wait()


def test_a_port_that_is_taken_is_told_of() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        result = cli("demo", "--once", "--port", str(taken.getsockname()[1]))
    assert result.returncode == 1
    assert result.stderr.count("\n") == 1
    assert "Address already in use" in result.stderr
    assert "[demo-failed]" in result.stderr


def test_a_server_that_cannot_start_is_shown_and_ends_it_with_1(tmp_path: Path) -> None:
    # Of the two interpreters only the server's has no uvicorn that works.
    (tmp_path / "sitecustomize.py").write_text(
        "import sys\nif 'uvicorn' in sys.orig_argv: sys.exit('no uvicorn today')\n"
    )
    result = cli("demo", "--once", environ={"PYTHONPATH": f"{ROOT}:{tmp_path}"})
    assert result.returncode == 1
    assert "no uvicorn today" in result.stderr
    assert "ended with status 1" in result.stderr
    assert "[demo-failed]" in result.stderr
