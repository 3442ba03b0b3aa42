"""Each process that serves keeps one JSON file that tells its state, until it ends; no other process has one."""

from __future__ import annotations

import hashlib
import json
import os
import re
import signal
import sys
import tempfile
from pathlib import Path
from typing import Any, Callable, Mapping

import httpx
import pytest

from sentry_asgi_autoconf import __version__
from tests.harness.envelopes import Project
from tests.harness.server import APPS, DEADLINE, Server, environment, free_port, run, until, uvicorn

Start = Callable[..., Server]
GUNICORN = [sys.executable, "-m", "gunicorn", "-b", "127.0.0.1:0", "-k", "asgi"]
ANYCORN = [sys.executable, "-m", "anycorn", "-b", "127.0.0.1:0"]
HYPERCORN = [sys.executable, "-m", "hypercorn", "-b", "127.0.0.1:0"]


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    """Return a directory for the files."""
    found = tmp_path / "status"
    found.mkdir()
    return found


def settings(directory: Path, **more: str | None) -> dict[str, str | None]:
    """Return an environment that asks for the files."""
    return {"SENTRY_ASGI_STATUS_DIR": str(directory), "SENTRY_AUTO_ENABLING_INTEGRATIONS": "false", **more}


def name_of(pid: int) -> str:
    """Return the name of the file of a process of this machine."""
    return f"{os.uname().nodename}-{Path('/proc/self/ns/pid').stat().st_ino}-{pid}.json"


def reports(directory: Path) -> list[dict[str, Any]]:
    """Return what the files say; each is whole whenever it is read."""
    found = []
    for path in sorted(directory.glob("*.json")):
        try:
            text = path.read_text()
        except FileNotFoundError:  # its process has ended
            continue
        found.append(json.loads(text))
        assert path.name == name_of(found[-1]["pid"])
    return found


def until_they_say(
    directory: Path, condition: Callable[[dict[str, Any]], Any], count: int, server: Server
) -> list[dict[str, Any]]:
    """Wait until `count` files say what is asked for."""

    def met() -> list[dict[str, Any]]:
        found = reports(directory)
        return found if len(found) == count and all(map(condition, found)) else []

    found: list[dict[str, Any]] = until(met, f"{count} files, in {reports(directory)}, {server.output}")
    return found


def has_app(report: dict[str, Any]) -> bool:
    """Whether the process serves an app."""
    return bool(report["apps"])


def test_a_server_s_file_tells_what_it_serves_and_goes_with_it(
    start: Start, project: Project, directory: Path
) -> None:
    server = start(uvicorn("raw3:app"), settings(directory)).ready()
    (report,) = until_they_say(directory, has_app, 1, server)
    assert (report["pid"], report["ppid"]) == (server.process.pid, os.getpid())
    assert (report["format"], report["state"], report["result"]) == (2, "active", "success")
    assert (report["host"], report["way_in"]) == (os.uname().nodename, "PYTHONPATH")
    (app,) = report["apps"]
    assert (app["app"], app["server"], app["wrapped_by"]) == ("raw3:app", "uvicorn", "SentryAsgiMiddleware")
    assert report["versions"]["sentry-asgi-autoconf"] == __version__
    assert report["versions"]["python"] == "{}.{}.{}".format(*sys.version_info[:3])
    assert report["versions"]["sentry-sdk"].startswith("2.")
    assert report["sources"]["dsn"] == "SENTRY_DSN (environment)"
    assert report["since"].endswith("Z")
    assert (report["policies"], report["app_init"]) == ([], [])
    (file,) = directory.iterdir()
    assert project.dsn not in file.read_text()
    assert file.stat().st_mode & 0o777 == 0o666 & ~current_umask()
    server.stop()
    assert list(directory.iterdir()) == []


def current_umask() -> int:
    """Return this process's umask."""
    mask = os.umask(0o022)
    os.umask(mask)
    return mask


@pytest.mark.parametrize(
    ("command", "serves"),
    [
        pytest.param([*uvicorn("raw3:app"), "--workers", "2"], "startup complete", id="uvicorn"),
        pytest.param([*GUNICORN, "-w", "2", "--preload", "raw3:app"], "server listening", id="gunicorn"),
        pytest.param(
            [*HYPERCORN, "-w", "2", "raw3:app"], "Running on", id="hypercorn", marks=pytest.mark.matrix
        ),
        pytest.param(
            [*GUNICORN, "-w", "2", "raw3:app"], "server listening", id="no preload", marks=pytest.mark.matrix
        ),
    ],
)
def test_each_worker_has_a_file_and_their_parent_has_none(
    command: list[str], serves: str, start: Start, directory: Path
) -> None:
    server = start(command, settings(directory))
    found = until_they_say(directory, has_app, 2, server)
    # A worker may be killed by a signal that arrives before it serves.
    until(lambda: server.output.count(serves) == 2, f"two workers that serve, in {server.output}")
    assert {report["ppid"] for report in found} == {server.process.pid}
    server.stop()
    assert list(directory.iterdir()) == []


def test_a_worker_of_granian_has_a_file_and_its_parent_has_none(start: Start, directory: Path) -> None:
    port = free_port()
    command = [sys.executable, "-m", "granian", "--interface", "asgi", "--port", port, "raw3:app"]
    server = start(command, settings(directory))
    (report,) = until_they_say(directory, has_app, 1, server)
    assert report["ppid"] == server.process.pid
    # A worker of granian loses a signal that arrives before it serves.
    assert httpx.get(f"http://127.0.0.1:{port}/ok", timeout=DEADLINE, trust_env=False).text == "ok"
    server.stop()
    assert list(directory.iterdir()) == []


@pytest.mark.matrix
@pytest.mark.parametrize(
    "command",
    [
        [*HYPERCORN, "raw3:app"],
        [*HYPERCORN, "-w", "0", "raw3:app"],
        [*HYPERCORN, "-k", "trio", "raw3:app"],
        [*ANYCORN, "raw3:app"],
        [sys.executable, "-m", "daphne", "-p", "0", "raw3:app"],
        [sys.executable, "-m", "socketify", "raw3:app", "--interface", "asgi", "--port", "{port}"],
    ],
    ids=["hypercorn", "hypercorn -w 0", "trio", "anycorn", "daphne", "socketify"],
)
@pytest.mark.parametrize("dsn", [None, ""], ids=["active", "inactive"])
def test_the_file_goes_with_each_server(
    dsn: str | None, command: list[str], start: Start, directory: Path
) -> None:
    environ = settings(directory) if dsn is None else settings(directory, SENTRY_DSN=dsn)
    server = start([word.format(port=free_port()) for word in command], environ)
    (report,) = until_they_say(directory, has_app, 1, server)
    assert [app["server"] for app in report["apps"]] == [command[2]]
    # Before it serves, a server may leave SIGTERM to the system.
    until(lambda: re.search("unning on|istening", server.output), f"the server, in {server.output}")
    server.stop()
    assert list(directory.iterdir()) == []


def test_an_interrupt_takes_the_file_away(start: Start, directory: Path) -> None:
    server = start(uvicorn("raw3:app"), settings(directory)).ready()
    until_they_say(directory, has_app, 1, server)
    server.stop(signal.SIGINT)
    assert list(directory.iterdir()) == []


def test_the_file_is_rewritten_as_the_state_changes(start: Start, directory: Path, tmp_path: Path) -> None:
    (tmp_path / "slow.py").write_text(
        "import os, time\nwhile not os.path.exists('go'):\n    time.sleep(0.02)\nfrom raw3 import app\n"
    )
    path = f"{environment()['PYTHONPATH']}:{APPS}"
    server = start(uvicorn("slow:app"), settings(directory, PYTHONPATH=path), cwd=tmp_path)
    (before,) = until_they_say(directory, lambda report: True, 1, server)
    assert (before["state"], before["apps"]) == ("active", [])
    (tmp_path / "go").touch()
    (after,) = until_they_say(directory, has_app, 1, server)
    assert (after["state"], after["since"]) == ("active", before["since"])


def test_an_initialisation_that_is_undone_is_told_with_its_reason(start: Start, directory: Path) -> None:
    server = start([*HYPERCORN, "-w", "0", "wsgi_app:app"], settings(directory))
    (report,) = until_they_say(directory, lambda report: report["state"] == "inactive", 1, server)
    assert (report["reason"], report["apps"]) == ("what was loaded is not an ASGI app", [])


@pytest.mark.parametrize(
    ("environ", "reason"),
    [
        ({"SENTRY_DSN": ""}, "neither SENTRY_DSN nor SENTRY_SPOTLIGHT is set"),
        (
            {"SENTRY_ASGI_EXCLUDED_APPS": "raw3:app"},
            "SENTRY_ASGI_EXCLUDED_APPS excludes what this process serves",
        ),
    ],
)
def test_a_server_without_sentry_tells_why(
    environ: dict[str, str], reason: str, start: Start, directory: Path
) -> None:
    server = start(uvicorn("raw3:app"), settings(directory, **environ)).ready()
    (report,) = until_they_say(directory, has_app, 1, server)
    assert (report["state"], report["reason"]) == ("inactive", reason)
    (app,) = report["apps"]
    assert (app["app"], app["wrapped_by"]) == ("raw3:app", None)
    server.stop()
    assert list(directory.iterdir()) == []


def test_a_failure_is_told_by_those_that_were_asked_to_stay(start: Start, directory: Path) -> None:
    (directory / ".keep").touch()
    server = start(uvicorn("broken_import:app"), settings(directory))
    assert server.wait() == 1
    (report,) = reports(directory)
    assert report["state"] == "failed"
    assert report["reason"].startswith("the app could not be loaded: ")
    assert report["ended"] > 0


def test_what_an_app_s_own_init_changes_is_told_by_name(
    start: Start, directory: Path, tmp_path: Path
) -> None:
    (tmp_path / "policy.toml").write_text("[limits]\ntraces_sample_rate = { max = 0.1 }\n")
    (tmp_path / "shop.py").write_text(
        "import sentry_sdk\nsentry_sdk.init(release='s3cr3t', traces_sample_rate=1.0)\nfrom raw3 import app\n"
    )
    path = f"{environment()['PYTHONPATH']}:{APPS}"
    policy = str(tmp_path / "policy.toml")
    server = start(
        uvicorn("shop:app"), settings(directory, PYTHONPATH=path, SENTRY_ASGI_POLICY=policy), cwd=tmp_path
    )
    (report,) = until_they_say(directory, has_app, 1, server)
    digest = hashlib.sha256(Path(policy).read_bytes()).hexdigest()[:8]
    assert (report["policies"], report["result"]) == ([f"{policy}@{digest}"], "already_instrumented")
    (init,) = report["app_init"]
    assert (init["at"], init["sets"]) == (f"{tmp_path / 'shop.py'}:2", ["release"])
    assert list(init["refused"]) == ["traces_sample_rate"]
    assert policy in init["refused"]["traces_sample_rate"]
    assert "s3cr3t" not in json.dumps(report)


def script(code: str, project: Project, directory: Path, *options: str, **more: str | None) -> list[str]:
    """Run a script that ends by itself; give the lines that it prints."""
    environ = {**settings(directory, **more), "SENTRY_DSN": project.dsn}
    kept = {name: value for name, value in environ.items() if value is not None}
    result = run(
        f"import os\nNAME = {name_of(0).replace('-0.', '-%s.')!r}\n"
        f"files = lambda: sorted(os.listdir({str(directory)!r}))\n{code}",
        environ_of(kept),
    )
    assert result.returncode == 0, result.stderr
    return [*result.stdout.splitlines(), *result.stderr.splitlines()]


def environ_of(settings: Mapping[str, str]) -> dict[str, str]:
    """Return a clean environment with these settings."""
    return environment(settings)


def test_a_process_that_only_imports_a_server_has_no_file(project: Project, directory: Path) -> None:
    code = "import uvicorn.config, uvicorn.server, granian.server; print(files())"
    assert script(code, project, directory) == ["[]"]


def test_the_file_goes_where_a_script_ends(project: Project, directory: Path) -> None:
    code = "from sentry_asgi_autoconf import activate; activate(); print(files() == [NAME % os.getpid()])"
    assert script(code, project, directory) == ["True"]
    assert list(directory.iterdir()) == []


SERVERS = """
import asyncio, uvicorn
from raw3 import app

async def serve(count):
    servers = [uvicorn.Server(uvicorn.Config(app, port=0, log_level="critical")) for _ in range(count)]
    tasks = [asyncio.ensure_future(server.serve()) for server in servers]
    while not all(server.started for server in servers):
        await asyncio.sleep(0.01)
    print(len(files()))
    for server, task in zip(servers, tasks):
        server.should_exit = True
        await task
        print(len(files()))

for count in (2, 2):
    asyncio.run(serve(count))
"""


def test_the_file_goes_with_the_last_server_of_a_process_and_comes_with_the_next(
    project: Project, directory: Path
) -> None:
    assert script(SERVERS, project, directory) == ["1", "1", "0"] * 2


FORKED = """
import sys
from sentry_asgi_autoconf import activate
activate()
child = os.fork()
if child == 0:
    CHILD
else:
    os.waitpid(child, 0)
    print(files() == [NAME % os.getpid()], flush=True)
"""


@pytest.mark.parametrize(
    "child",
    [
        "sys.exit()",
        "os._exit(0)",
        "activate(); print(len(files()), flush=True); sys.exit()",
    ],
)
def test_a_forked_child_leaves_its_parent_s_file(child: str, project: Project, directory: Path) -> None:
    lines = script(FORKED.replace("CHILD", child), project, directory)
    assert lines == [*(["2"] if "activate" in child else []), "True"]
    assert list(directory.iterdir()) == []


def test_a_child_of_multiprocessing_has_a_file_as_long_as_it_lives(project: Project, directory: Path) -> None:
    code = """
import multiprocessing
from sentry_asgi_autoconf import activate
def work():
    activate()
    print(files() == [NAME % os.getpid()], flush=True)
process = multiprocessing.get_context('fork').Process(target=work)
process.start()
process.join()
print(files())
"""
    assert script(code, project, directory) == ["True", "[]"]


def test_the_file_is_whole_at_any_moment(start: Start, directory: Path, tmp_path: Path) -> None:
    (tmp_path / "many.py").write_text(
        "from sentry_asgi_autoconf import activate, wrap\nactivate()\nwhile True:\n"
        "    async def app(scope, receive, send): pass\n    wrap(app)\n"
    )
    server = start([sys.executable, str(tmp_path / "many.py")], settings(directory))
    sizes: set[int] = set()

    def have_changed() -> bool:
        sizes.update(len(report["apps"]) for report in reports(directory))
        return len(sizes) > 50

    until(
        have_changed,
        f"changes, in {server.output}",
    )
    server.stop(signal.SIGKILL)


def test_no_planted_link_is_written_through(project: Project, directory: Path, tmp_path: Path) -> None:
    victim = tmp_path / "victim"
    victim.write_text("whole")
    code = f"""
mine = os.path.join({str(directory)!r}, NAME % os.getpid())
os.symlink({str(victim)!r}, mine)
from sentry_asgi_autoconf import activate
activate()
print(os.path.islink(mine), os.path.getsize(mine) > 5)
"""
    assert script(code, project, directory) == ["False True"]
    assert victim.read_text() == "whole"


@pytest.mark.skipif(os.getuid() != 0, reason="only root can become other users")
def test_what_another_user_planted_costs_one_line(project: Project) -> None:
    # pytest's own directories are its user's alone.
    with tempfile.TemporaryDirectory() as shared:
        directory = Path(shared)
        directory.chmod(0o1777)
        told, line = script(PLANT.format(directory=shared), project, directory)
    assert told == "theirs"
    assert line.endswith("[unwritable-status]")


PLANT = """
mine = os.path.join('{directory}', NAME % os.getpid())
open(mine, 'w').write('theirs')
os.chown(mine, 12346, 12346)
from sentry_asgi_autoconf.status.process_status import StatusFile
os.setuid(12345)
StatusFile('{directory}').write({{}})
print(open(mine).read())
"""


@pytest.mark.parametrize(
    "place",
    [
        pytest.param("/no/such/directory", id="missing"),
        pytest.param("/etc/hostname", id="no directory", marks=pytest.mark.matrix),
        pytest.param("/proc", id="unwritable", marks=pytest.mark.matrix),
    ],
)
def test_a_bad_directory_costs_one_line(place: str, start: Start, project: Project) -> None:
    server = start(uvicorn("raw3:app"), settings(Path(place))).ready()
    server.provoke()
    project.wait("event")
    server.stop()
    (line,) = [line for line in server.output.splitlines() if "sentry-asgi-autoconf" in line]
    assert place in line
    assert line.endswith("[unwritable-status]")


def test_a_full_disk_costs_one_line_and_leaves_no_file(
    start: Start, project: Project, directory: Path
) -> None:
    command = ["sh", "-c", 'ulimit -f 0; exec "$@"', "sh", *uvicorn("raw3:app")]
    server = start(command, settings(directory)).ready()
    server.provoke()
    project.wait("event")
    server.stop()
    (line,) = [line for line in server.output.splitlines() if "sentry-asgi-autoconf" in line]
    assert line.endswith("[unwritable-status]")
    assert list(directory.iterdir()) == []
