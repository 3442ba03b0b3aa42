"""However many flush as a process ends, they block for one timeout together; a process that serves on has it anew."""

from __future__ import annotations

import json
import socket
import time
from typing import Callable, Iterator

import pytest

from tests.harness.envelopes import Project
from tests.harness.server import APPS, Server, environment, run, uvicorn

Start = Callable[..., Server]
TIMEOUT = 2  # seconds, of which the SDK's own default is 2


@pytest.fixture
def silent_receiver() -> Iterator[str]:
    """Return the DSN of a receiver that accepts connections and never answers."""
    with socket.create_server(("127.0.0.1", 0)) as receiver:
        yield f"http://key@127.0.0.1:{receiver.getsockname()[1]}/1"


def test_all_flushes_of_a_shutdown_have_one_deadline(silent_receiver: str) -> None:
    environ = environment({"SENTRY_DSN": silent_receiver, "SENTRY_SHUTDOWN_TIMEOUT": str(TIMEOUT)})
    result = run((APPS / "shutdowns.py").read_text(), environ)
    ended = time.time()
    blocked = json.loads(result.stdout)
    assert max(blocked["two servers"]) < 1.6 * TIMEOUT
    assert blocked["a third"] < 0.6 * TIMEOUT
    # A request was served in between.
    assert 0.6 * TIMEOUT < blocked["a later one"] < 1.6 * TIMEOUT
    # The SDK flushes as the interpreter exits.
    assert ended - blocked["at"] < 0.6 * TIMEOUT


def test_a_server_ends_where_no_thread_begins_any_more(start: Start, project: Project) -> None:
    # Once gevent has replaced threads in a process whose loop is another's, nothing runs what would be a thread.
    server = start(uvicorn("patched_late:app")).ready()
    server.provoke()
    server.stop()
    assert "Application shutdown complete." in server.output
