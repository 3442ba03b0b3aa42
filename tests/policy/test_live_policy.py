"""A policy that changes holds in every worker without a restart, and at no moment less than it or the one before."""

from __future__ import annotations

import hashlib
import itertools
import json
import threading
from pathlib import Path
from typing import Any, Callable

import httpx
import pytest

from tests.harness import toml_text
from tests.harness.envelopes import Project
from tests.harness.served import Served, serve
from tests.harness.server import Server, until

Start = Callable[..., Server]
WITHIN = 30.0  # seconds
WORKERS = 4


class PolicyFile:
    """A policy as a ConfigMap mounts it, and the hash by which events know each of its versions."""

    def __init__(self, directory: Path) -> None:
        self._directory, self._number = directory, 0
        self.path = directory / "policy.toml"
        self.path.symlink_to("..data/policy.toml")
        self.said: dict[str, dict[str, Any]] = {}

    def say(self, **tables: Any) -> str:
        """Put another version in its place, and return its name in events."""
        top = {"": {name: each for name, each in tables.items() if not isinstance(each, dict)}}
        text = toml_text.tables(
            {**top, **{name: each for name, each in tables.items() if isinstance(each, dict)}}
        )
        self.swap(text)
        name = f"{self.path}@{hashlib.sha256(text.encode()).hexdigest()[:8]}"
        self.said[name] = tables
        return name

    def swap(self, text: str | None) -> None:
        """Swap the directory that the file is in, as Kubernetes does; in the new one it is missing if None."""
        self._number += 1
        version = self._directory / f"..version_{self._number}"
        version.mkdir()
        if text is not None:
            (version / "policy.toml").write_text(text)
        link = self._directory / "..data_tmp"
        link.symlink_to(version.name)
        link.rename(self._directory / "..data")


@pytest.fixture
def file(tmp_path: Path) -> PolicyFile:
    (tmp_path / "mounted").mkdir()
    return PolicyFile(tmp_path / "mounted")


class Load:
    """Requests to several servers, each on a connection of its own, while the policy changes."""

    def __init__(self, servers: list[Served]) -> None:
        self._ends = threading.Event()
        self.wrong: list[object] = []
        self._threads = [threading.Thread(target=self._request, args=(server,)) for server in servers]

    def _request(self, served: Served) -> None:
        paths = itertools.cycle([("/ok", 200)] * 3 + [("/boom", 500)])
        with served.client() as client:
            while not self._ends.wait(0.02):
                path, wanted = next(paths)
                try:
                    status = client.get(path).status_code
                except httpx.HTTPError as error:
                    self.wrong.append(error)
                else:
                    self.wrong += [] if status == wanted else [(path, status)]

    def __enter__(self) -> Load:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._ends.set()
        for thread in self._threads:
            thread.join()


class Workers:
    """What the workers of all servers tell of themselves, and say."""

    def __init__(self, directory: Path, servers: list[Served], workers: int) -> None:
        self._directory, self._servers, self._workers = directory, servers, workers

    def go_by(self, name: str, code: str = "active") -> None:
        """Wait until each of them goes by the policy of this name alone."""

        def all_do() -> bool:
            told = [json.loads(each.read_text()) for each in self._directory.glob("*.json")]
            found = [(each["policies"], each["code"]) for each in told if each["apps"]]
            return found == [([name], code)] * self._workers * len(self._servers)

        until(all_do, f"{name} to be {code}", WITHIN)

    def say(self, words: str) -> None:
        """Wait until each of them has said this once, and no worker twice."""

        def all_do() -> bool:
            return all(served.server.output.count(words) == self._workers for served in self._servers)

        until(all_do, words, WITHIN)


CHANGES: list[dict[str, Any]] = [
    {"defaults": {"traces_sample_rate": 1.0}},
    {"limits": {"traces_sample_rate": {"max": 0.1}}, "defaults": {"traces_sample_rate": 1.0}},
    {"enabled": False},
    {"enabled": True, "enforced": {"environment": "steered"}, "defaults": {"traces_sample_rate": 1.0}},
    {"enforced": {"asgi_scrub_keys": ["loyalty_number"], "environment": "steered"}},
    {"enforced": {"tags": {"team": "shop"}}},
    {"enforced": {"traces_sample_rate": 0.0}},
]


SERVERS = [
    pytest.param({"uvicorn": ""}, 1, CHANGES[2:4], id="one worker"),
    pytest.param(
        dict.fromkeys(("uvicorn", "granian", "gunicorn"), f"--workers {WORKERS}"),
        WORKERS,
        CHANGES,
        id="four workers of each server",
        marks=pytest.mark.matrix,
    ),
]


@pytest.mark.parametrize(("servers", "count", "changes"), SERVERS)
def test_each_change_reaches_every_worker_and_nothing_that_is_forbidden_leaves(
    servers: dict[str, str],
    count: int,
    changes: list[dict[str, Any]],
    start: Start,
    project: Project,
    file: PolicyFile,
    tmp_path: Path,
) -> None:
    status = tmp_path / "status"
    status.mkdir()
    begun = file.say(defaults={"traces_sample_rate": 0.0})
    environ = {
        "SENTRY_ASGI_POLICY": str(file.path),
        "SENTRY_ASGI_STATUS_DIR": str(status),
        "SENTRY_TRACES_SAMPLE_RATE": None,
    }
    running = [
        serve(start, name, "steered:app", options, environ=environ) for name, options in servers.items()
    ]
    workers = Workers(status, running, count)
    with Load(running) as load:
        workers.go_by(begun)
        for tables in changes:
            name = file.say(**tables)
            workers.go_by(name, "active" if tables.get("enabled", True) else "paused")
        file.swap("[enforced\n")
        workers.say("it is not valid TOML")
        file.swap(None)
        workers.say("No such file")
        workers.go_by(name)
        last = file.say(defaults={"environment": "at-last"})
        workers.go_by(last)
        until(lambda: any(last in policies_of(event) for event in events(project)), "an event under the last")
    assert load.wrong == []
    for event in events(project):
        check(event, [file.said[name] for name in policies_of(event)])


def events(project: Project) -> list[dict[str, Any]]:
    return [item["payload"] for item in project.items("event", "transaction")]


def policies_of(event: dict[str, Any]) -> list[str]:
    found: list[str] = event["contexts"]["sentry_asgi_autoconf"]["policies"]
    return found


def check(event: dict[str, Any], said: list[dict[str, Any]]) -> None:
    """Check an event against each policy that it says it was made under; those that count together are several."""
    enforced = {name: value for tables in said for name, value in tables.get("enforced", {}).items()}
    assert all(tables.get("enabled", True) for tables in said)
    if "environment" in enforced:
        assert event["environment"] == enforced["environment"]
    if "asgi_scrub_keys" in enforced:
        assert "4711-0815" not in json.dumps(event)
    if "tags" in enforced:
        assert event["tags"]["team"] == "shop"
    if event.get("type") == "transaction":
        assert enforced.get("traces_sample_rate") != 0.0


def test_tracing_that_was_off_can_be_switched_on_and_off(
    start: Start, project: Project, file: PolicyFile
) -> None:
    file.say(defaults={"max_breadcrumbs": 10})
    environ = {"SENTRY_ASGI_POLICY": str(file.path), "SENTRY_TRACES_SAMPLE_RATE": None}
    served = serve(start, "uvicorn", "fastapi_app:app", environ=environ)
    with served.client() as client:
        name = file.say(defaults={"traces_sample_rate": 1.0})

        def traced() -> list[dict[str, Any]]:
            client.get("/items/1")
            return [event for event in events(project) if event.get("type") == "transaction"]

        found = until(traced, "a transaction", WITHIN)[-1]
        assert found["transaction"] == "/items/{number}"
        assert name in policies_of(found)
        name = file.say(defaults={"max_breadcrumbs": 10})

        def is_off() -> bool:
            client.get("/boom")
            errors = [event for event in events(project) if "exception" in event]
            return bool(errors) and policies_of(errors[-1]) == [name]

        until(is_off, "the other policy", WITHIN)
        before = len(traced())
        client.get("/boom")
        arrived = len(project.items("event"))
        until(lambda: len(project.items("event")) >= arrived, "the error")
        assert len(traced()) == before
