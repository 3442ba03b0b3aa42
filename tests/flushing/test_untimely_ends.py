"""A process that is asked to end at a bad moment ends as it would without us, and loses nothing that can be sent."""

from __future__ import annotations

import contextlib
import signal
import sys
from pathlib import Path
from typing import Callable

import httpx
import pytest

from tests.harness.envelopes import Project
from tests.harness.served import Served
from tests.harness.server import Server, free_port, uvicorn

Start = Callable[..., Server]


@pytest.mark.skipif(sys.version_info < (3, 9), reason="a loop's threads cannot be shut down there")
def test_what_is_captured_after_the_loop_has_given_up_its_threads_is_sent(
    start: Start, project: Project
) -> None:
    server = start(uvicorn("executor_gone:app")).ready()
    server.stop()
    assert [event["message"] for event in project.wait("event")] == ["at the end"]
    assert "Application shutdown complete" in server.output
    assert "Error" not in server.output


@pytest.mark.parametrize("bootstrap", [True, False], ids=["with us", "bare"])
def test_a_signal_while_the_app_is_imported_ends_uvicorn_at_once(bootstrap: bool, start: Start) -> None:
    assert start(uvicorn("ended_while_imported:app"), bootstrap=bootstrap).wait() == -signal.SIGTERM


def test_a_signal_while_the_app_is_imported_ends_a_worker_of_granian_once_it_listens(
    start: Start, project: Project
) -> None:
    words = [str(Path(sys.executable).parent / "granian"), "--interface", "asgi", "--port", free_port()]
    server = start([*words, "ended_while_imported:app"])
    server.wait()
    assert [event["message"] for event in project.wait("event")] == ["while it is imported"]


@pytest.mark.parametrize("lock", ["none", "sdk", "process", "status"])
def test_a_signal_ends_a_process_that_handles_none_whichever_lock_it_holds(
    lock: str, start: Start, project: Project, tmp_path: Path
) -> None:
    port = free_port()
    # Nothing can be sent while the lock of what sends is held.
    environ = {
        "SENTRY_ASGI_STATUS_DIR": str(tmp_path),
        "SENTRY_SHUTDOWN_TIMEOUT": "0.5" if lock == "sdk" else "30",
    }
    served = Served(start, [sys.executable, "ended_in_a_request.py", port], port, environ=environ)
    with served.client() as client, contextlib.suppress(httpx.HTTPError):
        client.get(f"/{lock}")
    assert served.server.wait() == -signal.SIGTERM
    assert "sentry-asgi-autoconf" not in served.server.output
    assert list(tmp_path.iterdir()) == []
    assert lock == "sdk" or [event["message"] for event in project.wait("event")] == ["before the end"]
