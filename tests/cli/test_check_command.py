"""`check -- CMD` starts a command, tells what each of its processes serves and by what it is instrumented."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from sentry_asgi_autoconf.cli.checks import command
from tests.cli.checking import SOUND, UNTRIED, check, distribution
from tests.cli.command_line import CLI, around
from tests.harness.server import APPS, BOOTSTRAP, DEADLINE, ROOT, until
from tests.harness.venvs import installed_beside, venv

PYTHON = sys.executable
GUNICORN = (PYTHON, "-m", "gunicorn", "-b", "127.0.0.1:0")
HYPERCORN = (PYTHON, "-m", "hypercorn", "-b", "127.0.0.1:0")
UVICORN = (PYTHON, "-m", "uvicorn", "--port", "0")
RAW = (*UVICORN, "raw3:app")
ELASTIC = "elasticapm/instrumentation/wrapper"
OPENTELEMETRY = "opentelemetry/instrumentation/auto_instrumentation"
SENTRYS_OWN = "SentryAsgiMiddleware"


@pytest.mark.parametrize(
    ("command", "processes", "serves", "by"),
    [
        ((*UVICORN, "--workers", "2", "raw3:app"), 2, "serves raw3:app", SENTRYS_OWN),
        ((*UVICORN, "fastapi_app:app"), 1, "serves fastapi_app:app", "the starlette integration"),
        ((*GUNICORN, "--preload", "-k", "asgi", "-w", "2", "raw3:app"), 2, "serves raw3:app", SENTRYS_OWN),
        pytest.param(
            (*HYPERCORN, "--reload", "raw3:app"), 1, "serves raw3:app", SENTRYS_OWN, marks=pytest.mark.matrix
        ),
        pytest.param((PYTHON, "run_object.py"), 1, "uvicorn", SENTRYS_OWN, marks=pytest.mark.matrix),
    ],
    ids=["workers", "framework", "preload", "reload", "object"],
)
def test_each_process_is_told_with_what_it_serves(
    command: tuple[str, ...], processes: int, serves: str, by: str
) -> None:
    integrations = "starlette,fastapi" if "fastapi" in str(command) else ""
    checked = check("--", *command, environ={"SENTRY_INTEGRATIONS": integrations})
    lines = [line for line in checked.text.splitlines() if line.endswith("[serving]")]
    assert (checked.status, len(lines)) == (0, processes), checked.text
    assert all(serves in line and line.endswith(f"instrumented by {by} [serving]") for line in lines)
    assert checked.text.endswith(f"\nNothing keeps telemetry from flowing; {UNTRIED}.\n")


def test_a_server_on_trio_is_told_not_to_have_the_asyncio_integration() -> None:
    checked = check("--", *HYPERCORN, "-k", "trio", "raw3:app", environ={"SENTRY_INTEGRATIONS": "asyncio"})
    assert (checked.status, checked.slugs("warning")) == (0, ["no-asyncio-loop"])


def test_json_has_the_reports_of_the_processes_and_the_app_s_init(tmp_path: Path) -> None:
    (tmp_path / "shop.py").write_text(
        "import sentry_sdk\nsentry_sdk.init(environment='theirs')\nfrom raw3 import app\n"
    )
    environ = {"PYTHONPATH": f"{BOOTSTRAP}:{ROOT}:{APPS}"}
    checked = check("--json", *UVICORN, "shop:app", environ=environ, cwd=tmp_path)
    told = checked.json()
    (process,) = told["processes"]
    assert (checked.status, told["flows"], process["state"]) == (0, True, "active")
    (app,) = process["apps"]
    assert (app["app"], app["server"], app["wrapped_by"]) == ("shop:app", "uvicorn", SENTRYS_OWN)
    assert process["sources"]["dsn"] == "SENTRY_DSN (environment)"
    (init,) = process["app_init"]
    assert init == {"at": f"{tmp_path / 'shop.py'}:2", "sets": ["environment"], "refused": {}}


def wrapper(text: str) -> tuple[str, ...]:
    """Return a shell command that runs uvicorn in its own way."""
    return ("sh", "-c", text.format(uvicorn=" ".join(RAW)))


# Command, its environment → the name of the error, and what the line says.
BROKEN: dict[str, tuple[tuple[str, ...], dict[str, str | None], str, str]] = {
    "-I": ((PYTHON, "-I", *RAW[1:]), {}, "isolated-interpreter", "-I"),
    "-W and -X before -I": (
        (PYTHON, "-W", "ignore", "-X", "dev", "-I", *RAW[1:]),
        {},
        "isolated-interpreter",
        "-I",
    ),
    "-E": ((PYTHON, "-Em", *RAW[2:]), {}, "environment-ignored", "-E"),
    "-S": ((PYTHON, "-S", "-c", "input()"), {}, "command-ended", "EOFError"),
    "env -i": (("env", "-i", *RAW), {}, "path-stripped", "env -i"),
    "a PYTHONPATH of its own": (wrapper("PYTHONPATH=/srv {uvicorn}"), {}, "path-stripped", "PYTHONPATH"),
    "a sitecustomize before ours": (
        wrapper("PYTHONPATH=$PWD/theirs:$PYTHONPATH {uvicorn}"),
        {},
        "shadowed",
        "theirs/sitecustomize.py",
    ),
    "no PYTHONPATH": (RAW, {"PYTHONPATH": None}, "bootstrap-missing", f"export PYTHONPATH={BOOTSTRAP}"),
    "the package in place of its bootstrap": (
        RAW,
        {"PYTHONPATH": str(ROOT)},
        "wrong-directory",
        "the package's directory bootstrap",
    ),
    "another sitecustomize first": (
        RAW,
        {"PYTHONPATH": f"theirs:{BOOTSTRAP}:{ROOT}"},
        "shadowed",
        f"PYTHONPATH={BOOTSTRAP}:theirs:{ROOT}.",
    ),
    "OpenTelemetry first": (
        wrapper(f"PYTHONPATH=$PWD/{OPENTELEMETRY}:$PYTHONPATH {{uvicorn}}"),
        {},
        "shadowed",
        "`opentelemetry-instrument sentry-asgi-autoconf run -- CMD`",
    ),
    "Elastic first": (
        RAW,
        {"PYTHONPATH": f"{ELASTIC}:{BOOTSTRAP}:{ROOT}"},
        "shadowed",
        "`elasticapm-run sentry-asgi-autoconf run -- CMD`",
    ),
    "an adapter that is not watched": (
        (PYTHON, "-m", "http.server", "--bind", "127.0.0.1", "0"),
        {"PYTHONPATH": f"{BOOTSTRAP}:acme:{ROOT}"},
        "trigger-unwatched",
        "does not name acme.loader",
    ),
    "switched off by the command": (wrapper("SENTRY_ASGI_ENABLED=off {uvicorn}"), {}, "disabled", "is false"),
    "no DSN": (RAW, {"SENTRY_DSN": None}, "no-destination", "neither SENTRY_DSN"),
    "an app that is left out": (
        RAW,
        {"SENTRY_ASGI_EXCLUDED_APPS": "raw3:*"},
        "left-alone",
        "raw3:app without Sentry: SENTRY_ASGI_EXCLUDED_APPS",
    ),
    "a server that is left out": (
        RAW,
        {"SENTRY_ASGI_DISABLED_SERVERS": "uvicorn"},
        "left-alone",
        "SENTRY_ASGI_DISABLED_SERVERS",
    ),
    "a WSGI app": ((*HYPERCORN, "wsgi_app:app"), {}, "not-asgi", "not an ASGI app"),
    "a WSGI interface": ((*UVICORN, "--interface", "wsgi", "wsgi_app:app"), {}, "not-asgi", "WSGI"),
    "a server without an adapter": (
        (PYTHON, "-m", "http.server", "--bind", "127.0.0.1", "0"),
        {},
        "no-adapter",
        "http.server",
    ),
    "an app that cannot be imported": ((*UVICORN, "broken_import:app"), {}, "app-not-loaded", "could not be"),
    "an app that fails to start": ((*UVICORN, "failing_startup:app"), {}, "command-ended", "status 3"),
    "a command that ends": (
        ("sh", "-c", "echo no such option; exit 2"),
        {},
        "command-ended",
        "no such option",
    ),
    "a command that is killed": (("sh", "-c", "kill -9 $$"), {}, "command-ended", "by signal 9"),
    "no such command": (("no-such-command",), {}, "command-not-found", "'no-such-command'"),
    "no command": (("./raw3.py",), {}, "command-not-executable", "permission denied"),
    "no Python": (("tail", "-f", "raw3.py"), {}, "no-python", "tail -f raw3.py"),
    "an app that waits": ((*UVICORN, "waits:app"), {}, "no-app", "loaded no app within 10 s"),
    "settings that are refused": (
        RAW,
        {"SENTRY_ASGI_STRICT": "true", "SENTRY_TRACES_SAMPLE_RATE": "15"},
        "strict-refusal",
        "78",
    ),
    "an SDK that is hidden": (
        RAW,
        {"PYTHONPATH": f"{BOOTSTRAP}:hidden:{ROOT}"},
        "missing-dependency",
        "older than 2.0",
    ),
}


@pytest.mark.parametrize(("command", "environ", "slug", "says"), BROKEN.values(), ids=BROKEN.keys())
def test_the_cause_is_named_if_nothing_serves_with_sentry(
    command: tuple[str, ...], environ: dict[str, str | None], slug: str, says: str, tmp_path: Path
) -> None:
    for name in ("raw3", "wsgi_app", "broken_import", "failing_startup"):
        (tmp_path / f"{name}.py").write_text((APPS / f"{name}.py").read_text())
    for directory in ("theirs", ELASTIC, OPENTELEMETRY):
        (tmp_path / directory).mkdir(parents=True)
        (tmp_path / directory / "sitecustomize.py").touch()
    (tmp_path / "hidden").mkdir()
    (tmp_path / "hidden" / "sentry_sdk.py").touch()
    (tmp_path / "acme").mkdir()
    points = "[sentry_asgi_autoconf.servers]\nacme.loader = acme_sentry:join\n"
    distribution(tmp_path / "acme", "acme-sentry", "1.0", points)
    (tmp_path / "waits.py").write_text("import threading\nthreading.Event().wait()\n")
    # These are waited for to the end; the latter has to get as far as its app.
    timeout = "2" if "tail" in command else "10" if "waits:app" in command else str(DEADLINE)
    checked = check("--timeout", timeout, "--", *command, environ=environ, cwd=tmp_path)
    assert checked.status == 1
    assert slug in checked.slugs("error"), checked.text
    assert says in checked.line(slug)


@pytest.mark.matrix
def test_an_interpreter_without_the_sdk_is_named(tmp_path: Path) -> None:
    command = [venv(sys.executable, "uvicorn"), *RAW[1:]]
    bootstrap = installed_beside(tmp_path)
    checked = check("--", *command, environ={"PYTHONPATH": f"{bootstrap}:{bootstrap.parents[1]}:{ROOT}"})
    assert checked.status == 1
    assert "No module named" in checked.line("missing-dependency")


def test_what_the_command_wrote_is_shown_if_something_is_wrong() -> None:
    checked = check("--", "sh", "-c", "echo one; echo two >&2; exit 1")
    assert checked.text.startswith("The command's last lines:\n  one\n  two\n\n")


def test_warnings_of_the_processes_are_told_once() -> None:
    environ = {"SENTRY_TRACES_SAMPLE_RATE": "15", "SENTRY_ASGI_LOG_LEVEL": "error"}
    checked = check("--", *UVICORN, "--workers", "2", "raw3:app", environ=environ)
    assert (checked.status, checked.slugs("warning")) == (0, ["invalid-setting"])


GRAVE = (
    *("adapter-failed", "configurator-failed", "invalid-policy", "missing-dependency", "sdk-init-failed"),
    "unexpected-error",
)


def test_each_line_of_a_process_that_tells_of_lost_telemetry_is_an_error(tmp_path: Path) -> None:
    assert set(GRAVE) == set(command._GRAVE)
    said = [f"sentry-asgi-autoconf: it is said [{slug}]" for slug in (*GRAVE, "invalid-setting")]
    (tmp_path / "said").write_text("\n".join(said))
    checked = check("--", "cat", str(tmp_path / "said"))
    assert set(checked.slugs("error")) - {"command-ended"} == set(GRAVE)
    assert checked.slugs("warning") == ["invalid-setting"]


def test_the_command_has_ended_with_the_check(tmp_path: Path) -> None:
    (tmp_path / "stubborn.py").write_text(
        "import os, signal\nfrom raw3 import app\nopen('pid', 'w').write(str(os.getpid()))\n"
    )
    path = f"{BOOTSTRAP}:{ROOT}:{APPS}"
    assert check("--", *UVICORN, "stubborn:app", environ={"PYTHONPATH": path}, cwd=tmp_path).status == 0
    with pytest.raises(ProcessLookupError):
        os.kill(int((tmp_path / "pid").read_text()), 0)


def test_what_a_command_leaves_behind_has_ended_with_the_check(tmp_path: Path) -> None:
    script = "sleep 600 & echo $! > pid; exit 3"
    checked = check("--", "sh", "-c", script, cwd=tmp_path)
    assert "with status 3 by itself" in checked.line("command-ended")
    stat = Path("/proc", (tmp_path / "pid").read_text().strip(), "stat")
    assert not stat.exists() or stat.read_text().rpartition(") ")[2][0] == "Z"


def test_a_server_at_an_ipv6_address_is_seen_to_listen() -> None:
    checked = check("--timeout", "3600", "--", PYTHON, "-m", "http.server", "--bind", "::1", "0")
    assert (checked.status, checked.slugs("error")) == (1, ["no-adapter"])


@pytest.mark.parametrize(("number", "status"), [(signal.SIGTERM, 143), (signal.SIGINT, 130)])
def test_a_signal_ends_the_command_with_the_check(
    number: signal.Signals, status: int, tmp_path: Path
) -> None:
    script = "echo $$ > pid; exec sleep 600"
    environ = around({**SOUND, "TMPDIR": str(tmp_path)})
    process = subprocess.Popen([*CLI, "check", "--", "sh", "-c", script], env=environ, cwd=tmp_path)
    pid = int(until(lambda: (tmp_path / "pid").exists() and (tmp_path / "pid").read_text(), "the command"))
    process.send_signal(number)
    assert process.wait(DEADLINE) == status
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)
    assert list(tmp_path.glob("sentry-asgi-check-*")) == []


def test_a_command_that_brings_the_bootstrap_itself_is_in_order() -> None:
    checked = check("--", *CLI, "run", "--", *RAW, environ={"PYTHONPATH": None})
    assert (checked.status, checked.slugs("error")) == (0, []), checked.text


def test_a_test_event_may_be_sent_besides() -> None:
    checked = check("--send", "--timeout", "30", "--", *RAW)
    assert (checked.status, checked.slugs("error")) == (1, ["unreachable"])
    assert "[serving]" in checked.text
