"""granian's threaded server, the one of a free-threaded Python: all worker threads serve the app of one process."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Callable

import pytest

from tests.flushing.test_failed_boot import comparable
from tests.harness.envelopes import Project
from tests.harness.server import Server, environment, run, until
from tests.servers.exercise import Certificate, Running
from tests.servers.modes import Mode

Start = Callable[..., Server]
NO_CERTIFICATE = Certificate(Path(), Path())
WORKERS = 3
STARTED = "Started worker-{}"


def running(directory: Path, module: str, interface: str = "asgi", target: str = "{app}") -> Running:
    command = f"python granian_threads.py {target} {{port}} {WORKERS} {interface}"
    return Running(Mode("granian", "threads", command), module, directory, NO_CERTIFICATE)


def begin(threads: Running, start: Start, environ: dict[str, str | None], bootstrap: bool = True) -> Server:
    """Start the server, and wait until all its workers have started."""
    settings = {"SENTRY_ASGI_LOG_LEVEL": "info", **environ}
    server = start(threads.command(), settings, bootstrap=bootstrap)
    for number in range(WORKERS):
        until(
            lambda: STARTED.format(number + 1) in server.output or server.process.poll() is not None,  # noqa: B023
            f"worker {number + 1}, in {server.output!r}",
        )
    assert threads.accepts(server)
    return server


def said(server: Server) -> list[str]:
    return [line for line in server.output.splitlines() if line.startswith("sentry-asgi-autoconf")]


@pytest.mark.parametrize("interface", ["asgi", "asginl"])
@pytest.mark.parametrize("module", ["raw3", "fastapi_app"])
def test_every_worker_serves_the_app_which_is_wrapped_once(
    module: str, interface: str, start: Start, project: Project, tmp_path: Path
) -> None:
    threads = running(tmp_path, module, interface)
    server = begin(threads, start, {})
    with ThreadPoolExecutor(8) as pool:
        statuses = list(pool.map(lambda path: threads.get(path).status_code, ["/ok", "/boom", *["/ok"] * 30]))
    assert statuses == [200, 500, *[200] * 30]
    threads.converse(server, "hello", "boom")
    # SIGTERM right behind the last answer: what is still to be sent is sent.
    assert server.stop() == 0
    assert server.output.count("active: sentry_sdk is initialised") == 1
    assert server.output.count("is instrumented by") == 1
    events = [item["payload"] for item in project.items("event")]
    assert sorted(event["request"]["url"].rpartition("/")[2] for event in events) == ["boom", "ws"]
    assert all(event["contexts"]["asgi_server"]["name"] == "granian" for event in events)
    assert len(project.items("transaction")) == 34


def test_it_reports_an_app_that_fails_to_import_once_and_ends_as_bare(
    start: Start, project: Project, tmp_path: Path
) -> None:
    threads = running(tmp_path, "broken_import")
    ours, bare = start(threads.command()), start(threads.command(), bootstrap=False)
    assert (ours.wait(), ours.output.count("ZeroDivisionError")) == (bare.wait(), 1)
    assert comparable(bare.output) - comparable(ours.output) == set()
    (event,) = [item["payload"] for item in project.items("event")]
    assert event["exception"]["values"][-1]["type"] == "ZeroDivisionError"
    assert event["exception"]["values"][-1]["stacktrace"]["frames"][-1]["filename"] == "broken_import.py"


def test_it_reports_an_app_whose_lifespan_fails_once(start: Start, project: Project, tmp_path: Path) -> None:
    threads = running(tmp_path, "failing_startup")
    server = start(threads.command())
    server.wait()
    (event,) = [item["payload"] for item in project.items("event")]
    assert "no database" in str(event)


@pytest.mark.parametrize(
    ("environ", "target", "reason"),
    [
        ({"SENTRY_DSN": None}, "{app}", "inactive: neither SENTRY_DSN nor SENTRY_SPOTLIGHT is set"),
        ({"SENTRY_DSN": "nonsense"}, "{app}", "inactive: no valid SENTRY_DSN"),
        ({"SENTRY_ASGI_DISABLED_SERVERS": "granian"}, "{app}", "because of SENTRY_ASGI_DISABLED_SERVERS"),
        ({"SENTRY_ASGI_EXCLUDED_APPS": "raw3:app"}, "{app}", "because of SENTRY_ASGI_EXCLUDED_APPS"),
        (
            {"SENTRY_ASGI_EXCLUDED_APPS": "factory:*", "FACTORY_OF": "raw3"},
            "factory:create_app",
            "because of SENTRY_ASGI_EXCLUDED_APPS",
        ),
    ],
    ids=["no DSN", "bad DSN", "disabled", "excluded", "excluded factory"],
)
def test_a_process_that_is_not_to_report_serves_as_bare(
    environ: dict[str, str | None], target: str, reason: str, start: Start, project: Project, tmp_path: Path
) -> None:
    threads = running(tmp_path, "raw3", target=target)
    outputs = []
    for bootstrap in (True, False):
        server = begin(threads, start, environ, bootstrap)
        assert [threads.get(path).status_code for path in ("/ok", "/boom", "/ok")] == [200, 500, 200]
        threads.converse(server, "hello", "boom")
        assert server.stop() == 0
        lines = set(server.output.splitlines()) - set(said(server))
        outputs.append(comparable(re.sub(r"TID: \d+", "TID", "\n".join(lines))))
        assert [line for line in said(server) if reason in line] == said(server)[-1:]
        assert bool(said(server)) == bootstrap
    assert outputs[0] == outputs[1]
    assert project.items() == []


# Threads that all ask at the same moment, which the interpreter takes turns with as often as it can.
AT_ONCE = """
import sys, threading
from sentry_asgi_autoconf.runtime import Runtime
from sentry_asgi_autoconf.servers.server import AdapterRuntime
from sentry_asgi_autoconf.servers.wrapped_apps import WrappedApps

class App:
    async def __call__(self, scope, receive, send):
        pass

sys.setswitchinterval(1e-6)
runtime, app, number = AdapterRuntime(Runtime()), App(), 16
apps = WrappedApps(runtime.server("granian"))
barrier, found = threading.Barrier(number), []

def ask():
    barrier.wait()
    found.append(apps.wrapped(app))

threads = [threading.Thread(target=ask) for _ in range(number)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
assert len(found) == number
print(len({id(wrapped) for wrapped in found}), found[0] is app, apps.wrapped(found[0]) is found[0])
"""


def test_threads_that_ask_at_the_same_moment_initialise_and_wrap_once(project: Project) -> None:
    result = run(AT_ONCE, environment({"SENTRY_DSN": project.dsn, "SENTRY_ASGI_LOG_LEVEL": "info"}))
    assert result.stdout == "1 False True\n", result.stderr
    assert result.stderr.count("active: sentry_sdk is initialised") == 1
    assert result.stderr.count("is instrumented by") == 1
