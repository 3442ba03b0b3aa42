"""Each file of sitecustomize_example/ways-in is read by what it is for, as far as a machine without a cloud goes."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Callable, Mapping

import pytest
import yaml  # type: ignore[import-untyped] # no stubs

from sentry_asgi_autoconf import cli
from sentry_asgi_autoconf.activation import layers
from sentry_asgi_autoconf.inbox.server import BackgroundInbox
from tests.fleet.bundles import bundle
from tests.harness.envelopes import Project
from tests.harness.server import ROOT, Server, environment, run
from tests.harness.venvs import venv

Start = Callable[..., Server]
EXAMPLE = ROOT / "sitecustomize_example"
WAYS_IN = EXAMPLE / "ways-in"
DOCKERFILES = ("Dockerfile", "ways-in/distroless.Dockerfile", "kubernetes/bundle.Dockerfile")


def text_of(name: str) -> str:
    """Return a file's text, with the place of the bundle that the tests have."""
    return (WAYS_IN / name).read_text().replace("/opt/sentry", str(bundle()))


def on_path(python: str) -> str:
    """Return PATH with the commands of an environment first."""
    return f"{Path(python).parent}{os.pathsep}{os.environ['PATH']}"


def reports(server: Server, project: Project) -> None:
    """See that a served app reports its error."""
    server.ready().provoke()
    project.wait("event")
    server.stop()


def test_the_entry_point_without_a_shell(start: Start, project: Project) -> None:
    (entry_point,) = re.findall(r"^ENTRYPOINT (\[.*\])$", text_of("distroless.Dockerfile"), re.MULTILINE)
    python = venv(sys.executable, "uvicorn")
    words = [python if word == "python3" else word for word in yaml.safe_load(entry_point)]
    words[words.index("main:app")] = "raw3:app"
    reports(start([*words, "--port", "0"], {"PATH": "", "PYTHONPATH": None}, bootstrap=False), project)


def test_the_settings_of_each_file_exist_and_are_valid() -> None:
    cloud_run = yaml.safe_load(text_of("cloud-run.yaml"))
    app_runner = yaml.safe_load(text_of("apprunner.yaml"))["run"]
    compose = yaml.safe_load(text_of("compose.yaml"))["services"]
    (container,) = cloud_run["spec"]["template"]["spec"]["containers"]
    dsn = {"SENTRY_DSN": "https://key@o0.ingest.sentry.io/0"}
    told: list[Mapping[str, str]] = [
        {**dsn, **{each["name"]: each["value"] for each in container["env"] if "value" in each}},
        {**dsn, **{each["name"]: each["value"] for each in app_runner["env"]}},
        compose["shop"]["environment"],
    ]
    for environ in told:
        assert layers.load(environ).problems == []
    assert [each["name"] for each in app_runner["secrets"]] == ["SENTRY_DSN"]


def test_the_command_of_app_runner(start: Start, project: Project) -> None:
    command: str = yaml.safe_load(text_of("apprunner.yaml"))["run"]["command"]
    words = command.replace("main:app", "raw3:app").replace("8000", "0").split()
    ours = [sys.executable if word == "python3" else word for word in words]
    reports(start(ours, {"PYTHONPATH": None}, bootstrap=False), project)


def test_what_the_images_run_of_ours_are_commands() -> None:
    texts = [(EXAMPLE / name).read_text().replace("\\\n", " ") for name in DOCKERFILES]
    words = [
        shlex.split(line) for text in texts for line in re.findall(r"sentry-asgi-autoconf (bundle .*)", text)
    ]
    words.append(yaml.safe_load(text_of("compose.yaml"))["services"]["inbox"]["command"][1:])
    assert [name for name, *_ in words] == ["bundle", "bundle", "bundle", "inbox"]
    for name, *arguments in words:
        cli.command_parsers()[name].parse_args(arguments)


def test_compose_finds_the_inbox_healthy(inbox: BackgroundInbox) -> None:
    service = yaml.safe_load(text_of("compose.yaml"))["services"]["inbox"]
    _, *words, code = service["healthcheck"]["test"]
    assert words == ["python", "-c"] and service["ports"] == ["127.0.0.1:8090:8090"]
    code = code.replace("http://127.0.0.1:8090", inbox.url)
    assert run(code, environment(bootstrap=False)).returncode == 0


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="systemd is not installed")
def test_systemd_takes_the_drop_in(tmp_path: Path) -> None:
    (tmp_path / "shop.service").write_text(f"[Service]\nExecStart={sys.executable} -m uvicorn main:app\n")
    (tmp_path / "shop.service.d").mkdir()
    (tmp_path / "shop.service.d" / "sentry.conf").write_text(text_of("systemd.conf"))
    command = ["systemd-analyze", "verify", str(tmp_path / "shop.service")]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (result.returncode, result.stderr) == (0, "")
