"""`run` becomes the command: same process, streams, signals and exit status, with the bootstrap first."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.command_line import CLI, around, cli
from tests.harness.server import BOOTSTRAP, ROOT

ECHO = [sys.executable, "-c", "import sys; print(sys.argv[1:])"]


def test_the_command_has_the_process_id_and_the_streams() -> None:
    code = "import os, sys; print(os.getpid(), sys.stdin.read()); sys.stderr.write('err')"
    process = subprocess.Popen(
        [*CLI, "run", sys.executable, "-c", code],
        env=around({}),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.communicate("in") == (f"{process.pid} in\n", "err")


def test_the_exit_status_is_the_command_s() -> None:
    assert cli("run", "sh", "-c", "exit 7").returncode == 7


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGPIPE])
def test_a_signal_ends_the_command_as_it_does_without_us(number: signal.Signals) -> None:
    assert cli("run", "sh", "-c", f"kill -{int(number)} $$").returncode == -number


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="only Linux tells")
def test_the_command_ignores_no_more_signals_than_without_us() -> None:
    words = ["grep", "SigIgn", "/proc/self/status"]
    bare = subprocess.run(words, capture_output=True, text=True, check=True)
    assert cli("run", "--", *words).stdout == bare.stdout


def test_a_signal_sent_from_outside_reaches_the_command() -> None:
    code = (
        "import signal, sys; signal.signal(15, lambda *_: sys.exit(5)); print(1, flush=True); signal.pause()"
    )
    process = subprocess.Popen(
        [*CLI, "run", sys.executable, "-c", code], env=around({}), stdout=subprocess.PIPE
    )
    assert process.stdout is not None
    assert process.stdout.readline() == b"1\n"
    process.send_signal(signal.SIGTERM)
    assert process.wait() == 5
    process.stdout.close()


@pytest.mark.parametrize(
    "words, received",
    [
        (["--reload", "--inbox"], ["--reload", "--inbox"]),
        (["--help"], ["--help"]),
        (["--version", "-h", "--"], ["--version", "-h", "--"]),
        (["a b", "", "--=x", "-1"], ["a b", "", "--=x", "-1"]),
    ],
)
@pytest.mark.parametrize("before", [[], ["--"]])
def test_options_after_the_command_are_the_command_s(
    before: list[str], words: list[str], received: list[str]
) -> None:
    result = cli("run", *before, *ECHO, *words)
    assert (result.stdout, result.stderr) == (f"{received}\n", "")


def test_an_unknown_option_of_run_is_refused() -> None:
    result = cli("run", "--reload", "true")
    assert result.returncode == 2
    assert "--reload" in result.stderr


@pytest.mark.parametrize(
    "before, after",
    [
        (None, "{bootstrap}"),
        ("", "{bootstrap}"),
        ("/a:/b", "{bootstrap}:/a:/b"),
        ("{bootstrap}", "{bootstrap}"),
        ("{bootstrap}/", "{bootstrap}"),
        ("/a:{bootstrap}:/b", "{bootstrap}:/a:/b"),
        ("/a:{bootstrap}:/b:{bootstrap}", "{bootstrap}:/a:/b"),
        ("/a::/b:", "{bootstrap}:/a::/b:"),
        ("/a:relative:/a", "{bootstrap}:/a:relative:/a"),
    ],
)
def test_the_bootstrap_comes_first_and_once_and_the_rest_stays(before: str | None, after: str) -> None:
    given = None if before is None else before.format(bootstrap=BOOTSTRAP)
    result = cli("run", "printenv", "PYTHONPATH", cwd=ROOT, environ={"PYTHONPATH": given})
    assert result.stdout == after.format(bootstrap=BOOTSTRAP) + "\n"


def test_the_working_directory_does_not_get_onto_the_path(tmp_path: Path) -> None:
    script = tmp_path / "elsewhere" / "script.py"
    script.parent.mkdir()
    script.write_text("import os, sys; print([entry for entry in sys.path if entry in ('', os.getcwd())])")
    assert cli("run", sys.executable, str(script), cwd=ROOT.parent).stdout == "[]\n"


def test_everything_else_in_the_environment_stays() -> None:
    dsn = {"SENTRY_DSN": "http://k@localhost/1"}
    given = around(dsn)
    result = cli("run", "env", "-0", environ=dsn)
    found = dict(line.split("=", 1) for line in result.stdout.split("\0") if line)
    changed = {name for name in {*found, *given} if found.get(name) != given.get(name)}
    assert changed <= {"PYTHONPATH", "_SENTRY_ASGI_RUN", "_"}


def test_a_missing_command_is_127() -> None:
    for command in ("no-such-command", "./no-such-command"):
        result = cli("run", command)
        assert (result.returncode, result.stdout) == (127, "")
        assert result.stderr.count("\n") == 1
        assert repr(command) in result.stderr
        assert "[command-not-found]" in result.stderr


@pytest.mark.parametrize(
    "mode, text, says",
    [
        (0o644, "#!/bin/sh\n", "permission denied"),
        (0o755, "#!/no/such/interpreter\n", "interpreter"),
        (0o755, "no program", "exec format error"),
    ],
)
def test_a_command_that_cannot_be_executed_is_126(mode: int, text: str, says: str, tmp_path: Path) -> None:
    command = tmp_path / "command"
    command.write_text(text)
    command.chmod(mode)
    by_name = {"PATH": f"{tmp_path}:{os.environ['PATH']}"}
    for result in (cli("run", str(command)), cli("run", "command", environ=by_name)):
        assert (result.returncode, result.stdout) == (126, "")
        assert result.stderr.count("\n") == 1
        assert says in result.stderr
        assert "[command-not-executable]" in result.stderr


def test_a_directory_is_126(tmp_path: Path) -> None:
    result = cli("run", str(tmp_path))
    assert result.returncode == 126
    assert "is a directory" in result.stderr


@pytest.mark.parametrize("status", [0, 7])
def test_without_exec_the_command_runs_as_a_child_to_its_end(status: int) -> None:
    code = (
        "import os, sys; from sentry_asgi_autoconf.cli.run import run_to_end\n"
        "script = f'test $PPID = {os.getpid()} && exit {sys.argv[1]}'\n"
        "sys.exit(run_to_end(['sh', '-c', script], dict(os.environ)))"
    )
    result = subprocess.run([sys.executable, "-c", code, str(status)], env=around({}), check=False)
    assert result.returncode == status


@pytest.fixture
def adapter(tmp_path: Path) -> Path:
    """Install a distribution with server adapters of its own, and one that names a built-in trigger."""
    metadata = tmp_path / "other_server-1.0.dist-info"
    metadata.mkdir()
    (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: other-server\nVersion: 1.0\n")
    (metadata / "entry_points.txt").write_text(
        "[sentry_asgi_autoconf.servers]\n"
        "other.serving = other_adapter:join\n"
        "another.app = sentry_asgi_autoconf_other:join\n"
    )
    return tmp_path


@pytest.mark.parametrize(
    "before, after",
    [
        (None, "another.app,other.serving"),
        ("", "another.app,other.serving"),
        ("mine", "mine,another.app,other.serving"),
        (" other.serving , mine,", "other.serving,mine,another.app"),
    ],
)
def test_triggers_of_installed_adapters_are_watched(before: str | None, after: str, adapter: Path) -> None:
    environ = {"PYTHONPATH": f"{ROOT}:{adapter}", "SENTRY_ASGI_WATCH": before}
    result = cli("run", "printenv", "SENTRY_ASGI_WATCH", environ=environ)
    assert result.stdout == f"{after}\n"


def test_built_in_triggers_need_no_watching() -> None:
    assert cli("run", "printenv", "SENTRY_ASGI_WATCH").stdout == ""


def test_unreadable_entry_points_are_told_of_and_the_command_runs(adapter: Path) -> None:
    (adapter / "other_server-1.0.dist-info" / "entry_points.txt").write_text(
        "[sentry_asgi_autoconf.servers]\nno equals sign\n"
    )
    result = cli("run", "echo", "ran", environ={"PYTHONPATH": f"{ROOT}:{adapter}"})
    assert (result.returncode, result.stdout) == (0, "ran\n")
    assert "[adapter-failed]" in result.stderr
    assert result.stderr.count("\n") == 1
