"""A server that reloads a changed app serves and reports what it has become."""

from __future__ import annotations

import contextlib
import time
from pathlib import Path
from typing import Callable

import httpx
import pytest

from tests.harness.envelopes import Project
from tests.harness.server import APPS, Server, until
from tests.servers.exercise import Certificate, Running
from tests.servers.modes import Mode

Start = Callable[..., Server]
pytestmark = pytest.mark.matrix

PATIENCE = 20.0  # seconds until a change is written again
RELOADERS = {
    "hypercorn": "hypercorn --reload -b 127.0.0.1:{port} {app}",
    "anycorn": "anycorn --reload -b 127.0.0.1:{port} {app}",
    "granian": "granian --interface asgi --reload --port {port} {app}",
    "gunicorn": "gunicorn -k asgi --reload -b 127.0.0.1:{port} {app}",
    "runserver": "python manage.py runserver {port}",
}


@pytest.mark.parametrize("command", RELOADERS.values(), ids=RELOADERS)
def test_a_changed_app_reports_again(command: str, start: Start, project: Project, tmp_path: Path) -> None:
    for name in ("manage.py", "django_project.py", "django_asgi.py"):
        (tmp_path / name).write_text((APPS / name).read_text())
    changing = tmp_path / ("django_urls.py" if "manage.py" in command else "changing.py")
    text = (APPS / ("django_urls.py" if "manage.py" in command else "raw3.py")).read_text()
    changing.write_text(text)
    changed = text.replace('b"ok"', 'b"changed"').replace('HttpResponse("ok")', 'HttpResponse("changed")')
    running = Running(Mode("reload", command, command), "changing", tmp_path, Certificate(Path(), Path()))
    server = start(
        running.command(), {"SENTRY_DSN": project.dsn, "SENTRY_ASGI_LOG_LEVEL": "info"}, cwd=tmp_path
    )
    until(lambda: running.accepts(server), f"the server to listen, in {server.output!r}")
    assert running.get("/ok").text == "ok"

    written = -PATIENCE

    def change() -> bool:
        nonlocal written
        # Again if it is not noticed, as the watcher may not have begun to watch; whole, as it may read at any time.
        if time.monotonic() - written > PATIENCE:
            written = time.monotonic()
            whole = tmp_path / "whole"
            whole.write_text(changed + f"# {written}\n")
            whole.replace(changing)
        return server.output.count("is instrumented by") > 1

    until(change, f"the app to be loaded anew, in {server.output!r}")
    until(lambda: answers(running, "/ok", 200), "the changed app")
    until(lambda: answers(running, "/boom", 500), "its failure")
    assert running.get("/ok").text == "changed"
    event, *_ = project.wait("event")
    assert event["exception"]["values"][-1]["type"] == "ZeroDivisionError"
    server.stop()


def answers(running: Running, path: str, status: int) -> bool:
    """Whether the server answers, which it may not while it reloads."""
    with contextlib.suppress(httpx.HTTPError):
        return running.get(path).status_code == status
    return False
