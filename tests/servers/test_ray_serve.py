"""Ray Serve on two nodes: each replica reports what its ASGI app does, and no other process does anything."""

from __future__ import annotations

import itertools
import os
import re
import signal
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Callable, Iterator

import httpx
import pytest

from sentry_asgi_autoconf.inbox.server import BackgroundInbox
from tests.harness.envelopes import Project
from tests.harness.parity import normalised
from tests.harness.server import environment, run, until
from tests.harness.venvs import venv
from tests.servers.ray_cluster import RayCluster

SDK = ("sentry-sdk", "pydantic-settings")
NEWEST = ("ray[serve]", *SDK)
# The first that works with pydantic 2, as we do, and what was current with it.
OLDEST = ("ray[serve]==2.9.0", "fastapi==0.108.0", "protobuf<5", *SDK)

ORDER = {"article": "book"}
# Of the deployment Shop: a coroutine function, a function and a method of the deployment's class.
FAILING = ["/boom/3", "/sync/3", "/orders/3"]


@pytest.fixture(scope="module")
def everywhere(inbox: BackgroundInbox) -> Project:
    """Give the project that the environment of the whole cluster names."""
    return Project(inbox)


@pytest.fixture(scope="module")
def cluster(everywhere: Project) -> Iterator[RayCluster]:
    """Run a cluster of the newest Ray."""
    running = RayCluster(venv(sys.executable, *NEWEST), everywhere)
    yield running
    running.end()


def check_that_each_replica_reports(cluster: RayCluster, project: Project) -> None:
    """Serve with two replicas, provoke errors in both, and see that only they were instrumented."""
    with cluster.deployed("Shop", replicas=2) as shop:
        serving: set[int] = set()
        for requests in itertools.count(1):
            serving.add(cluster.request("GET", f"{shop}/ok").json())
            if len(serving) == 2:
                break
        for path in FAILING:
            assert cluster.request("POST", shop + path, json=ORDER).status_code == 500
        project.wait("event", len(FAILING))
        project.wait("transaction", requests + len(FAILING))
        for replica in serving:
            # Ray makes others for them.
            os.kill(replica, signal.SIGTERM)
        until(lambda: not serving & set(cluster.processes()), "the replicas to end")
        until(lambda: len(cluster.said("is instrumented by")) == 4, "the replicas that replace them")
        titles = "\n".join(cluster.processes().values())
        assert "ray::ServeController" in titles
        assert "ray::ProxyActor" in titles
    assert len(project.items("event")) == len(FAILING)
    assert len(project.items("transaction")) == requests + len(FAILING)
    by_replica = cluster.said("active: sentry_sdk is initialised")
    assert len(set(by_replica)) == len(by_replica) == 4
    assert cluster.said("is instrumented by") == by_replica
    assert {re.split(r"[-.]", log)[-2] for log in by_replica} >= {str(replica) for replica in serving}


def arrived(project: Project, path: str) -> tuple[Any, Any]:
    """Give the one event and the one transaction of a path's request."""
    (event,) = [item["payload"] for item in project.items("event") if path in item["payload"]["request"]["url"]]
    (transaction,) = [
        item["payload"] for item in project.items("transaction") if path in item["payload"]["request"]["url"]
    ]
    return event, transaction


def test_each_replica_reports_and_no_other_process_is_instrumented(
    cluster: RayCluster, everywhere: Project
) -> None:
    check_that_each_replica_reports(cluster, everywhere)


@pytest.mark.matrix
def test_the_oldest_release(inbox: BackgroundInbox) -> None:
    project = Project(inbox)
    cluster = RayCluster(venv(sys.executable, *OLDEST), project)
    try:
        check_that_each_replica_reports(cluster, project)
    finally:
        cluster.end()


def exercise(cluster: RayCluster, below: str, project: Project, events: int) -> None:
    """Request what fails, and what does not, and wait until it has arrived."""
    assert cluster.request("GET", f"{below}/items/42?colour=red").status_code == 200
    for path in FAILING:
        assert cluster.request("POST", below + path, json=ORDER).status_code == 500
    project.wait("event", events)
    project.wait("transaction", 1 + len(FAILING))


def test_a_deployment_sends_what_it_would_send_instrumented_by_hand(
    cluster: RayCluster, project: Project, new_project: Callable[[], Project]
) -> None:
    by_hand = new_project()
    environ = {"SENTRY_DSN": by_hand.dsn, "BY_HAND": "1"}
    driver = cluster.driver(environ)
    with cluster.deployed("Shop", {"SENTRY_DSN": project.dsn}, prefix="/same") as shop:
        exercise(cluster, shop, project, len(FAILING))
    environ["SENTRY_ASGI_ENABLED"] = "false"
    with cluster.deployed("Shop", environ, prefix="/same", driver=driver) as shop:
        # By hand, each error arrives again, as Ray logs it.
        exercise(cluster, shop, by_hand, 2 * len(FAILING))
    assert (len(project.items("event")), len(project.items("transaction"))) == (3, 4)

    for path in FAILING:
        theirs = [
            item["payload"]
            for item in by_hand.items("event", "transaction")
            if path in item["payload"].get("request", {}).get("url", "")
        ]
        for our_item, their_item in zip(arrived(project, path), theirs, strict=True):
            assert our_item["transaction"] == path.replace("3", "{number}")
            assert our_item["request"]["data"] == ORDER
            assert comparable(our_item) == comparable(their_item)


def comparable(item: dict[str, Any]) -> Any:
    """Give an event without what differs between any two requests and nodes of Ray."""
    item = {**item, "request": {**item["request"], "headers": dict(item["request"]["headers"])}}
    del item["extra"], item["request"]["headers"]["x-request-id"]
    item["modules"] = {name: item["modules"][name] for name in item.get("modules", {}) if "autoconf" not in name}
    return normalised(item)


@pytest.mark.parametrize(
    ("deployment", "prefix", "method", "path"),
    [("Plain", "/", "GET", "boom"), ("Built", None, "POST", "/boom/3"), ("BuiltLater", None, "POST", "/boom/3")],
)
def test_every_kind_of_app_reports(
    deployment: str, prefix: str | None, method: str, path: str, cluster: RayCluster, project: Project
) -> None:
    with cluster.deployed(deployment, {"SENTRY_DSN": project.dsn}, prefix=prefix) as below:
        assert cluster.request(method, below + path, json=ORDER).status_code == 500
        project.wait("event")
        project.wait("transaction")
    event, transaction = arrived(project, path)
    assert event["exception"]["values"][-1]["type"] == "ZeroDivisionError"
    assert event["contexts"]["trace"]["trace_id"] == transaction["contexts"]["trace"]["trace_id"]
    assert event["contexts"]["asgi_server"]["name"] == "ray"
    if deployment != "Plain":
        assert (event["transaction"], event["request"]["data"]) == ("/boom/{number}", ORDER)


@pytest.mark.parametrize(
    ("deployment", "environ"),
    [
        ("Model", {}),
        ("Shop", {"SENTRY_ASGI_DISABLED_SERVERS": "ray"}),
        ("Shop", {"SENTRY_ASGI_EXCLUDED_APPS": "ray_deployments:Sh*"}),
    ],
    ids=["no ASGI app", "disabled", "excluded"],
)
def test_a_deployment_is_left_alone(
    deployment: str, environ: dict[str, str], cluster: RayCluster, project: Project
) -> None:
    initialised = len(cluster.said("active: sentry_sdk is initialised"))
    with cluster.deployed(deployment, {"SENTRY_DSN": project.dsn, **environ}) as below:
        assert cluster.request("POST", f"{below}/boom/3", json=ORDER).status_code == 500
    assert project.items() == []
    assert len(cluster.said("active: sentry_sdk is initialised")) == initialised


@pytest.fixture
def slow_receiver(inbox: BackgroundInbox) -> Iterator[Callable[[str], str]]:
    """Give DSNs whose receiver takes its time with each request."""

    port = httpx.URL(inbox.dsn()).port

    class Slow(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            time.sleep(0.5)
            body = self.rfile.read(int(self.headers["content-length"]))
            url = f"http://127.0.0.1:{port}{self.path}"
            answer = httpx.post(url, content=body, headers=dict(self.headers), trust_env=False)
            self.send_response(answer.status_code)
            self.end_headers()

        def log_message(self, format: str, *args: Any) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Slow) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield lambda dsn: dsn.replace(f":{port}/", f":{server.server_port}/")
        server.shutdown()


def test_what_a_replica_captures_at_its_end_is_sent(
    cluster: RayCluster, project: Project, slow_receiver: Callable[[str], str]
) -> None:
    environ = {"SENTRY_DSN": slow_receiver(project.dsn)}
    cluster.run("Closing", "closing", environ, replicas=2)
    cluster.run("Closing", "closing", environ, replicas=1)
    said = [event["logentry"]["formatted"] for event in project.wait("event", 2)]
    cluster.command("delete", name="closing")
    assert said == ["closing", "closed"]
    assert len(project.items("event")) == 4


def test_a_deployment_that_cannot_start_reports_it_once_however_often_ray_tries(
    cluster: RayCluster, new_project: Callable[[], Project]
) -> None:
    projects = {name: new_project() for name in ("Broken", "NoDatabase", "NoLifespan")}

    def deploy(name: str) -> None:
        with pytest.raises(AssertionError, match="failed"):
            cluster.run(name, name, {"SENTRY_DSN": projects[name].dsn})
        cluster.command("delete", name=name)

    with ThreadPoolExecutor() as pool:
        list(pool.map(deploy, projects))
    reasons = {
        name: [event["payload"]["exception"]["values"][-1]["value"] for event in project.items("event")]
        for name, project in projects.items()
    }
    assert reasons == {
        "Broken": ["no model to load"],
        "NoDatabase": ["no database"],
        "NoLifespan": ["ASGI lifespan startup failed. Check replica logs for details."],
    }


@pytest.mark.parametrize(
    ("module", "missing"),
    [
        ("", "ray.serve._private.http_util.ASGIAppReplicaWrapper"),
        ("moved.ASGIAppReplicaWrapper = type('ASGIAppReplicaWrapper', (), {'__init__': print})", "__call__"),
    ],
    ids=["no class", "another class"],
)
def test_a_release_without_the_seam_is_named_in_one_line(
    module: str, missing: str, cluster: RayCluster
) -> None:
    code = (
        "import sys, types\n"
        f"sys.path.append({str(cluster.bootstrap.parents[1])!r})\n"
        "from sentry_asgi_autoconf import runtime\n"
        "moved = types.ModuleType('ray.serve._private.http_util')\n"
        f"{module}\n"
        "runtime.join_server(moved)\n"
    )
    result = run(code, environment(bootstrap=False), python=cluster.python)
    (line,) = result.stderr.splitlines()
    assert f"{missing}: not instrumented" in line
