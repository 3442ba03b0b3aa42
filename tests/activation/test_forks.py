"""A process that is forked while another thread holds a lock serves and reports all the same."""

from __future__ import annotations

from pathlib import Path

from tests.harness.envelopes import Project
from tests.harness.server import APPS, environment, run

# Hold each lock of the SDK's client and of ours in turn, fork, and see whether the child can report.
FORKING = """
import gc, os, sys, threading
import sentry_sdk
from sentry_asgi_autoconf import activate, runtime, wrap
from sentry_asgi_autoconf.flushing.flush import flush

assert activate().active
sentry_sdk.capture_message("parent")
sentry_sdk.flush()

LOCKS = (type(threading.Lock()), type(threading.RLock()))

def locks():
    yield "runtime", runtime.process_lock()
    reached, pending = set(), [sentry_sdk.get_client(), sentry_sdk.get_global_scope()]
    while pending:
        thing = pending.pop()
        if id(thing) in reached or isinstance(thing, (type, threading.Thread)):
            continue
        reached.add(id(thing))
        for name, value in getattr(thing, "__dict__", {}).items():
            if isinstance(value, LOCKS):
                yield f"{type(thing).__name__}.{name}", value
            elif type(value).__module__.startswith(("sentry_", "threading", "queue")):
                pending.append(value)

def hold(lock, held, done):
    with lock:
        held.set()
        done.wait()

found = list(locks())
for name, lock in found:
    held, done = threading.Event(), threading.Event()
    holder = threading.Thread(target=hold, args=(lock, held, done))
    holder.start()
    held.wait()
    child = os.fork()
    if child == 0:
        assert activate().active
        assert wrap(lambda scope, receive, send: None) is not None
        sentry_sdk.capture_message(name)
        flush()
        os._exit(0)
    done.set()
    holder.join()
    print(name, os.waitpid(child, 0)[1], flush=True)
"""


def test_no_lock_that_was_held_at_the_fork_keeps_the_child_from_reporting(
    project: Project, tmp_path: Path
) -> None:
    environ = environment({"SENTRY_DSN": project.dsn, "SENTRY_ENABLE_LOGS": "true"})
    environ["PYTHONPATH"] = str(APPS)
    result = run(FORKING, environ)
    assert result.returncode == 0, result.stderr
    names = [line.split()[0] for line in result.stdout.splitlines()]
    assert [line.split()[1] for line in result.stdout.splitlines()] == ["0"] * len(names)
    assert {"runtime", "BackgroundWorker._lock"} <= set(names)
    events = {event["message"] for event in project.wait("event", 1 + len(names))}
    assert events == {"parent", *names}


def test_initialising_starts_no_thread(project: Project) -> None:
    code = (
        "import threading; from sentry_asgi_autoconf import activate; assert activate().active;"
        " print(threading.active_count())"
    )
    result = run(code, environment({"SENTRY_DSN": project.dsn, "SENTRY_TRACES_SAMPLE_RATE": "1"}))
    assert result.stdout == "1\n", result.stderr
