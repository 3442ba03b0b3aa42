"""Serve Bugsink, an error tracker that speaks Sentry's protocol, from an environment of its own."""

from __future__ import annotations

import contextlib
import subprocess
import sys
from pathlib import Path
from typing import Any, Iterator

import httpx

from tests.harness.server import environment, free_port, until
from tests.harness.venvs import venv

USER, PASSWORD = "admin@example.org", "admin"
_SETTINGS = """
BUGSINK["PHONEHOME"] = False
"""


class Bugsink:
    """One that is served: `url` is where its pages are, `dsn` leads to its one project."""

    def __init__(self, url: str, token: str) -> None:
        self.url = url
        self._client = httpx.Client(
            base_url=f"{url}/api/canonical/0",
            headers={"Authorization": f"Bearer {token}"},
            trust_env=False,
            timeout=30,
        )
        team = self._post("/teams/", name="shop")
        self._project = self._post("/projects/", name="shop", team=team["id"])["id"]
        self.dsn = str(self._get(f"/projects/{self._project}/")["dsn"])

    def issues(self) -> list[dict[str, Any]]:
        """Return the issues of the project."""
        found: list[dict[str, Any]] = self._get("/issues/", project=self._project)["results"]
        return found

    def events(self, issue: str) -> list[dict[str, Any]]:
        """Return the events of an issue."""
        found: list[dict[str, Any]] = self._get("/events/", issue=issue)["results"]
        return found

    def _get(self, path: str, **query: Any) -> Any:
        return self._client.get(path, params=query).raise_for_status().json()

    def _post(self, path: str, **body: Any) -> Any:
        return self._client.post(path, json=body).raise_for_status().json()


@contextlib.contextmanager
def bugsink(directory: Path) -> Iterator[Bugsink]:
    """Serve a new one, which keeps its data in `directory`, until the end."""
    commands, port = Path(venv(sys.executable, "bugsink>=2.6,<2.7")).parent, free_port()
    environ = environment(
        {"CREATE_SUPERUSER": f"{USER}:{PASSWORD}", "PYTHONPATH": str(directory)}, bootstrap=False
    )

    def run(program: str, *words: str) -> str:
        done = subprocess.run(
            [str(commands / program), *words],
            cwd=directory,
            env=environ,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    run("bugsink-create-conf", "--template=local", "--host=127.0.0.1", f"--port={port}")
    with (directory / "bugsink_conf.py").open("a") as settings:
        settings.write(_SETTINGS)
    for words in (["migrate"], ["prestart"]):
        run("bugsink-manage", *words)
    token = run("bugsink-manage", "create_auth_token").split()[-1]
    words = [f"--bind=127.0.0.1:{port}", "--workers=1", "--threads=4", "--no-control-socket", "bugsink.wsgi"]
    with (directory / "output").open("wb") as output:
        server = subprocess.Popen(
            [str(commands / "gunicorn"), *words], cwd=directory, env=environ, stdout=output, stderr=output
        )
    try:
        url = f"http://127.0.0.1:{port}"
        until(lambda: _is_ready(url) or server.poll() is not None, "Bugsink")
        assert server.poll() is None, (directory / "output").read_text()
        yield Bugsink(url, token)
    finally:
        server.terminate()
        server.wait()


def _is_ready(url: str) -> bool:
    with contextlib.suppress(httpx.HTTPError):
        return httpx.get(f"{url}/health/ready", trust_env=False).status_code == 200
    return False
