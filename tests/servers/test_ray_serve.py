"""Ray Serve on two nodes: each replica reports what its ASGI app does, and no other process does anything."""

from __future__ import annotations

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
from tests.servers.ray_cluster import PATIENCE, Deployed, RayCluster

pytestmark = pytest.mark.matrix

SDK = ("sentry-sdk",)
NEWEST = ("ray[serve]", *SDK)
# The first that works with pydantic 2, as we do, and what was current with it.
OLDEST = ("ray[serve]==2.9.0", "fastapi==0.108.0", "protobuf<5", *SDK)

INITIALISED = "active: sentry_sdk is initialised"
WRAPPED = "is instrumented by"
ORDER = {"article": "book"}
# Of the deployment Shop: a coroutine function, a function and a method of the deployment's class.
FAILING = ["/boom/3", "/sync/3", "/orders/3"]


@pytest.fixture(scope="module")
def everywhere(inbox: BackgroundInbox) -> Project:
    """Return the project that the environment of the whole cluster names."""
    return Project(inbox)


@pytest.fixture(scope="module")
def cluster(everywhere: Project) -> Iterator[RayCluster]:
    """Run a cluster of the newest Ray."""
    running = RayCluster(venv(sys.executable, *NEWEST), everywhere)
    yield running
    running.end()


def check_that_each_replica_reports(cluster: RayCluster, project: Project) -> None:
    """Serve with two replicas, have both fail and end, and see that they and those after them are instrumented."""
    with cluster.deployed(Deployed("Shop", path="/shop", replicas=2)):
        serving: set[int] = set()
        requests = 0
        while len(serving) < 2:
            serving.add(cluster.request("GET", "/shop/ok").json())
            requests += 1
        for path in FAILING:
            assert cluster.request("POST", f"/shop{path}", json=ORDER).status_code == 500
        for replica in serving:
            os.kill(replica, signal.SIGTERM)
        # Ray makes others for them.
        until(lambda: len(cluster.said(WRAPPED)) == 4, "the replicas that replace them", PATIENCE)
        titles = "\n".join(cluster.processes().values())
        assert "ray::ServeController" in titles
        assert "ray::ProxyActor" in titles
    assert len(project.items("event")) == len(FAILING)
    assert len(project.items("transaction")) == requests + len(FAILING)
    by_replica = until(lambda: cluster.said(INITIALISED), "the logs")
    assert len(set(by_replica)) == len(by_replica) == 4
    assert cluster.said(WRAPPED) == by_replica
    assert {re.split(r"[-.]", log)[-2] for log in by_replica} >= {str(replica) for replica in serving}


def arrived(project: Project, path: str) -> tuple[Any, Any]:
    """Return the one event and the one transaction of a path's request."""
    items = [item for item in project.items() if path in item["payload"].get("request", {}).get("url", "")]
    (event,) = [item["payload"] for item in items if item["type"] == "event"]
    (transaction,) = [item["payload"] for item in items if item["type"] == "transaction"]
    return event, transaction


def test_each_replica_reports_and_no_other_process_is_instrumented(
    cluster: RayCluster, everywhere: Project
) -> None:
    check_that_each_replica_reports(cluster, everywhere)


@pytest.fixture
def own_cluster(request: pytest.FixtureRequest, project: Project) -> Iterator[RayCluster]:
    """Run a cluster of the test's release of Ray that ends with the test, if not before."""
    running = RayCluster(venv(sys.executable, *request.param), project)
    yield running
    running.end()


@pytest.mark.matrix
@pytest.mark.parametrize("own_cluster", [OLDEST], ids=["2.9.0"], indirect=True)
def test_the_oldest_release(own_cluster: RayCluster, project: Project) -> None:
    check_that_each_replica_reports(own_cluster, project)


@pytest.mark.matrix
@pytest.mark.parametrize("own_cluster", [OLDEST, NEWEST], ids=["2.9.0", "newest"], indirect=True)
def test_sigterm_to_the_driver_that_owns_the_cluster_right_behind_a_raising_request(
    own_cluster: RayCluster, project: Project
) -> None:
    own_cluster.run(Deployed("Shop", path="/shop"))
    assert own_cluster.request("POST", "/shop/boom/3", json=ORDER).status_code == 500
    own_cluster.end()
    assert (len(project.items("event")), len(project.items("transaction"))) == (1, 1)


def test_tasks_are_reported_in_the_loop_that_serves(cluster: RayCluster, project: Project) -> None:
    environ = {"SENTRY_DSN": project.dsn, "SENTRY_INTEGRATIONS": "asyncio"}
    with cluster.deployed(Deployed("Shop", environ, "/tasks")):
        assert cluster.request("GET", "/tasks/gather").json() == 1
        (event,) = project.wait("event")
        (transaction,) = project.wait("transaction")
    (value,) = event["exception"]["values"]
    assert (value["value"], value["mechanism"]["type"]) == ("gathered", "asyncio")
    assert "fail" in [span["description"] for span in transaction["spans"]]


def exercise(cluster: RayCluster, deployed: Deployed, project: Project, events: int) -> None:
    """Request what fails, and what does not, and wait until it has arrived."""
    with cluster.deployed(deployed):
        assert cluster.request("GET", f"{deployed.path}/items/42?colour=red").status_code == 200
        for path in FAILING:
            assert cluster.request("POST", deployed.path + path, json=ORDER).status_code == 500
        project.wait("event", events)
        project.wait("transaction", 1 + len(FAILING))


def test_a_deployment_sends_what_it_would_send_instrumented_by_hand(
    cluster: RayCluster, project: Project, new_project: Callable[[], Project]
) -> None:
    exercise(cluster, Deployed("Shop", {"SENTRY_DSN": project.dsn}, "/ours"), project, len(FAILING))
    assert (len(project.items("event")), len(project.items("transaction"))) == (3, 4)

    by_hand = new_project()
    environ = {"SENTRY_DSN": by_hand.dsn, "BY_HAND": "1"}
    driver = cluster.driver(environ)
    theirs = Deployed("Shop", {**environ, "SENTRY_ASGI_ENABLED": "false"}, "/hand", driver=driver)
    # By hand, each error arrives again, as Ray logs it.
    exercise(cluster, theirs, by_hand, 2 * len(FAILING))
    for path in FAILING:
        for our_item, their_item in zip(arrived(project, path), arrived(by_hand, path), strict=True):
            assert our_item["transaction"] == path.replace("3", "{number}")
            assert our_item["request"]["data"] == ORDER
            assert comparable(our_item) == comparable(their_item)


def comparable(item: dict[str, Any]) -> Any:
    """Return an event without what differs between any two requests, deployments and nodes of Ray."""
    request = {**item["request"], "headers": dict(item["request"]["headers"])}
    del request["headers"]["x-request-id"], request["url"]
    modules = {name: version for name, version in item.get("modules", {}).items() if "autoconf" not in name}
    contexts = {name: told for name, told in item["contexts"].items() if name != "ray"}
    tags = {name: value for name, value in item.get("tags", {}).items() if not name.startswith("ray.")}
    kept = {"request": request, "modules": modules, "contexts": contexts, "tags": tags, "extra": None}
    return normalised({**item, **kept})


def test_every_kind_of_app_reports(cluster: RayCluster, new_project: Callable[[], Project]) -> None:
    projects = {"Plain": new_project(), "Built": new_project(), "BuiltLater": new_project()}
    paths = {"Plain": "", "Built": "/built", "BuiltLater": "/later"}
    with cluster.deployed(
        *(Deployed(kind, {"SENTRY_DSN": project.dsn}, paths[kind]) for kind, project in projects.items())
    ):
        assert cluster.request("GET", "/boom").status_code == 500
        assert cluster.request("POST", "/built/boom/3", json=ORDER).status_code == 500
        assert cluster.request("POST", "/later/boom/3", json=ORDER).status_code == 500
        for project in projects.values():
            project.wait("transaction")
    for kind, project in projects.items():
        event, transaction = arrived(project, "/boom")
        assert event["exception"]["values"][-1]["type"] == "ZeroDivisionError"
        assert event["contexts"]["asgi_server"]["name"] == "ray"
        assert event["transaction"] == transaction["transaction"]
        assert kind == "Plain" or (event["transaction"], event["request"]["data"]) == (
            "/boom/{number}",
            ORDER,
        )


def test_what_the_settings_exclude_is_left_alone(cluster: RayCluster, project: Project) -> None:
    initialised = cluster.said(INITIALISED)
    left_alone = [
        Deployed(kind, {"SENTRY_DSN": project.dsn, **excluding}, f"/{kind}{number}")
        for kind in ("Model", "Shop")
        for number, excluding in enumerate(
            [{"SENTRY_ASGI_DISABLED_SERVERS": "ray"}, {"SENTRY_ASGI_EXCLUDED_APPS": f"*:{kind[:2]}*"}]
        )
    ]
    with cluster.deployed(*left_alone):
        for deployed in left_alone:
            assert cluster.request("POST", f"{deployed.path}/boom/3", json=ORDER).status_code == 500
    assert project.items() == []
    assert cluster.said(INITIALISED) == initialised


@pytest.fixture
def slow_receiver(inbox: BackgroundInbox) -> Iterator[Callable[[str], str]]:
    """Yield DSNs whose receiver takes its time with each request."""
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
    closing = Deployed("Closing", {"SENTRY_DSN": slow_receiver(project.dsn)}, "/closing", replicas=2)
    cluster.run(closing)
    # Ray replaces all replicas of a deployment that is deployed again.
    closing.replicas = 1
    cluster.run(closing)
    project.wait("event", 4)
    cluster.command("delete", name=closing.name, blocking=True)
    said = [item["payload"]["logentry"]["formatted"] for item in project.items("event")]
    assert sorted(said) == ["closed"] * 3 + ["closing"] * 3


def test_a_deployment_that_cannot_start_reports_it_once_however_often_ray_tries(
    cluster: RayCluster, new_project: Callable[[], Project]
) -> None:
    reasons = {
        "Broken": "no model to load",
        "NoDatabase": "no database",
        "NoLifespan": "ASGI lifespan startup failed. Check replica logs for details.",
    }
    projects = {deployment: new_project() for deployment in reasons}
    broken = [Deployed(name, {"SENTRY_DSN": project.dsn}, f"/{name}") for name, project in projects.items()]

    def fail(deployed: Deployed) -> None:
        with pytest.raises(AssertionError, match=r"Deploying application .* failed"):
            cluster.run(deployed)
        cluster.command("delete", name=deployed.name, blocking=False)

    with ThreadPoolExecutor() as pool:
        list(pool.map(fail, broken))
    for deployment, project in projects.items():
        said = [item["payload"]["exception"]["values"][-1]["value"] for item in project.items("event")]
        assert said == [reasons[deployment]], deployment


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
        "from sentry_asgi_autoconf.servers import joining\n"
        "moved = types.ModuleType('ray.serve._private.http_util')\n"
        f"{module}\n"
        "joining.join(moved)\n"
    )
    result = run(code, environment(bootstrap=False), python=cluster.python)
    (line,) = result.stderr.splitlines()
    assert f"{missing}: not instrumented" in line
