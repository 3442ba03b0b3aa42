"""Ray Serve's deployments call one another by handle, on two nodes: each call reports, in its caller's trace."""

from __future__ import annotations

import contextlib
import functools
import os
import signal
import sys
import threading
from collections import Counter
from typing import Any, Callable, Iterator

import httpx
import pytest

from sentry_asgi_autoconf.inbox.server import BackgroundInbox
from tests.harness.envelopes import Project
from tests.harness.server import until
from tests.harness.venvs import venv
from tests.servers.ray_cluster import PATIENCE, Deployed, RayCluster

pytestmark = pytest.mark.matrix

AT_MOST_LOST = 20  # what a few clients have been told of in the moments before a replica is killed
TASK, SUBMIT, HTTP = "queue.task.ray", "queue.submit.ray", "http.server"


@pytest.fixture(scope="module")
def everything(inbox: BackgroundInbox) -> Project:
    """Return the project that the environment of the whole cluster names."""
    return Project(inbox)


@pytest.fixture(scope="module")
def cluster(everything: Project) -> Iterator[RayCluster]:
    """Run a cluster of the newest Ray, with one application that has the cluster's settings."""
    running = RayCluster(venv(sys.executable, "ray[serve]", "sentry-sdk"), everything, has_spare=True)
    try:
        running.run(Deployed("Pipeline", path="/shared"))
        yield running
    finally:
        running.end()


@pytest.fixture
def deploy(cluster: RayCluster, project: Project) -> Iterator[Callable[..., Deployed]]:
    """Deploy an application whose parts report to the test's project, and delete it after the test."""
    deployments: list[Deployed] = []

    def deployed(ingress: str, path: str, **more: Any) -> Deployed:
        environ = {"SENTRY_DSN": project.dsn, **more.pop("environ", {})}
        deployments.append(Deployed(ingress, environ, path, **more))
        cluster.run(deployments[-1])
        return deployments[-1]

    yield deployed
    for each in deployments:
        cluster.command("delete", name=each.name, blocking=False)


def trace_of(item: dict[str, Any]) -> dict[str, Any]:
    """Return what an event tells of its place in a trace."""
    trace: dict[str, Any] = item["contexts"]["trace"]
    return trace


def traced(project: Project, path: str, count: int) -> tuple[dict[str, Any], list[Any]]:
    """Wait until a request has so many transactions in its trace, and return them by name, and its events."""

    def found() -> list[tuple[str, Any]]:
        items = [(each["type"], each["payload"]) for each in project.items("event", "transaction")]
        traces = {
            trace_of(item)["trace_id"]
            for _, item in items
            if trace_of(item)["op"] == HTTP and item["request"]["url"].endswith(path)
        }
        of_request = [(kind, item) for kind, item in items if trace_of(item)["trace_id"] in traces]
        return of_request if [kind for kind, _ in of_request].count("transaction") >= count else []

    items = until(found, f"{count} transactions")
    transactions = {item["transaction"]: item for kind, item in items if kind == "transaction"}
    assert len(transactions) == len([kind for kind, _ in items if kind == "transaction"]) == count
    return transactions, [item for kind, item in items if kind == "event"]


def test_a_call_has_a_span_and_a_transaction_in_the_trace_of_its_caller(
    cluster: RayCluster, everything: Project
) -> None:
    assert cluster.request("GET", "/shared/compose/6").json() == 6
    found, events = traced(everything, "/shared/compose/6", 3)
    ingress, half, model = (found[name] for name in ("/compose/{number}", "half.__call__", "Model.predict"))
    assert [trace_of(item)["op"] for item in (ingress, half, model)] == [HTTP, TASK, TASK]
    spans = {span["description"]: span for span in ingress["spans"] if span["op"] == SUBMIT}
    assert set(spans) == {"half.__call__", "Model.predict"}
    for callee in (half, model):
        assert trace_of(callee)["parent_span_id"] == spans[callee["transaction"]]["span_id"]
    # It lasts until the answer has arrived, which Ray sends off before the call is over.
    assert spans["Model.predict"]["timestamp"] >= model["start_timestamp"]
    for item in found.values():
        told = item["contexts"]["ray"]
        assert {f"ray.{name}": value for name, value in told.items()}.items() <= item["tags"].items()
        assert (told["app"].partition("-")[0], len(told)) == ("Pipeline", 5)
    assert {item["tags"]["ray.deployment"] for item in found.values()} == {"Pipeline", "half", "Model"}
    assert len({item["tags"]["ray.replica"] for item in found.values()}) == 3
    assert all(item["tags"]["ray.node"] and item["tags"]["ray.job"] for item in found.values())
    assert events == []


@pytest.mark.parametrize(
    ("path", "status", "callee"),
    [
        ("/divide/0", 500, "Model.divide"),
        ("/answer/0", 500, "Model.answer"),
        ("/compose/0", 500, "half.__call__"),
        ("/logged", 200, "Model.divide"),
    ],
)
def test_an_error_is_reported_once_where_it_was_raised(
    path: str, status: int, callee: str, cluster: RayCluster, everything: Project
) -> None:
    assert cluster.request("GET", f"/shared{path}").status_code == status
    # Were there another event, it would arrive before what is sent after it.
    assert cluster.request("GET", "/shared/where").status_code == 200
    found, (event,) = traced(everything, f"/shared{path}", 2)
    assert event["transaction"] == callee
    (value,) = event["exception"]["values"]
    assert (value["type"], value["mechanism"]["type"]) == ("ZeroDivisionError", "ray")
    frame = value["stacktrace"]["frames"][-1]
    assert frame["filename"].endswith("ray_pipeline.py") and "divisor" in frame["vars"]
    assert trace_of(found[callee])["status"] == "internal_error"


def test_a_streaming_answer_is_one_call(cluster: RayCluster, everything: Project) -> None:
    assert cluster.request("GET", "/shared/stream/3").text == "0\n1\n2\nend\n"
    found, (event,) = traced(everything, "/shared/stream/3", 2)
    assert (event["transaction"], event["exception"]["values"][-1]["type"]) == ("Model.stream", "LookupError")
    (span,) = [span for span in found["/stream/{count}"]["spans"] if span["op"] == SUBMIT]
    assert trace_of(found["Model.stream"])["parent_span_id"] == span["span_id"]
    assert span["timestamp"] >= found["Model.stream"]["timestamp"]


@pytest.mark.parametrize(
    ("ingress", "events"), [("Caller", "Model.divide"), ("inverse", "ray_pipeline.inverse")]
)
def test_what_is_no_asgi_app_reports_its_requests(
    ingress: str, events: str, cluster: RayCluster, deploy: Callable[..., Deployed], project: Project
) -> None:
    deploy(ingress, "/plain")
    assert cluster.request("GET", "/plain?by=1").text == "1"
    assert cluster.request("GET", "/plain?by=0").status_code == 500
    count = 4 if ingress == "Caller" else 2
    requests = [item for item in project.wait("transaction", count) if trace_of(item)["op"] == HTTP]
    assert [item["contexts"]["response"]["status_code"] for item in requests] == [200, 500]
    assert {item["transaction"] for item in requests} == {
        "ray_pipeline.Caller.__call__" if ingress == "Caller" else "ray_pipeline.inverse"
    }
    assert all("/plain" in item["request"]["url"] for item in requests)
    assert requests[1]["request"]["query_string"] == "by=0"
    (event,) = project.wait("event")
    assert event["transaction"] == events
    assert event["exception"]["values"][-1]["type"] == "ZeroDivisionError"
    assert event["contexts"]["asgi_server"]["name"] == "ray"


def test_a_call_by_grpc_continues_the_client_s_trace(
    cluster: RayCluster, deploy: Callable[..., Deployed], project: Project
) -> None:
    app = deploy("Greeter", "/grpc")
    trace_id, span_id = "771a43a4192642f0b136d5159a501700", "1234567890abcdef"
    call = {"name": app.name, "headers": {"sentry-trace": f"{trace_id}-{span_id}-1"}}
    assert cluster.command("grpc", None, **call, method="__call__", number=1) == 1
    assert cluster.command("grpc", None, **call, method="__call__", number=0) == "INTERNAL"
    assert cluster.command("grpc", None, **call, method="Streaming", number=2) == "INTERNAL"
    items = project.wait("transaction", 5) + project.wait("event", 2)
    assert {trace_of(item)["trace_id"] for item in items} == {trace_id}
    of_servicer = [item for item in items[:5] if trace_of(item)["parent_span_id"] == span_id]
    assert [item["transaction"] for item in of_servicer] == ["Greeter.__call__"] * 2 + ["Greeter.Streaming"]
    assert [item["transaction"] for item in items[5:]] == ["Model.divide", "Greeter.Streaming"]
    assert len(project.items("event", "transaction")) == 7


def test_spans_that_are_streamed_are_of_one_trace_and_a_driver_begins_one(
    cluster: RayCluster, deploy: Callable[..., Deployed], project: Project
) -> None:
    app = deploy("Pipeline", "/streamed", environ={"SENTRY_TRACE_LIFECYCLE": "stream"})
    assert cluster.request("GET", "/streamed/divide/0").status_code == 500

    def spans() -> dict[str, Any]:
        return {
            f"{span['attributes']['sentry.op']['value']} {span['name']}": span for span in streamed(project)
        }

    wanted = {f"{TASK} Model.divide", f"{SUBMIT} Model.divide", f"{HTTP} /divide/{{number}}"}
    found = until(lambda: wanted <= spans().keys() and spans(), "the spans")
    submit, task = found[f"{SUBMIT} Model.divide"], found[f"{TASK} Model.divide"]
    assert task["parent_span_id"] == submit["span_id"]
    assert len({found[name]["trace_id"] for name in wanted}) == 1
    (event,) = project.wait("event")
    assert event["contexts"]["trace"]["trace_id"] == submit["trace_id"]
    # The driver does not report, so that each of its calls begins a trace.
    for number in (2, 3):
        call = {"name": app.name, "deployment": "Model", "method": "predict"}
        assert cluster.command("call", None, **call, arguments=[number]) == 2 * number

    def calls() -> list[Any]:
        found = [span for span in streamed(project) if span["name"] == "Model.predict"]
        return found if len(found) == 2 else []

    predicted = until(calls, "the spans of both calls")
    assert len({span["trace_id"] for span in predicted}) == 2
    assert not any(span.get("parent_span_id") for span in predicted)


def streamed(project: Project) -> list[Any]:
    """Return the spans that have arrived."""
    return [span for item in project.items("span") for span in item["payload"]["items"]]


class Load:
    """Requests from several clients at once, and what came of them."""

    def __init__(self, cluster: RayCluster, path: str) -> None:
        self._cluster, self._path = cluster, path
        self.outcomes: Counter[str] = Counter()
        self._ends = threading.Event()
        self._threads = [threading.Thread(target=self._request) for _ in range(4)]

    def _request(self) -> None:
        while not self._ends.is_set():
            try:
                self.outcomes[self._cluster.request("GET", self._path).text] += 1
            except httpx.HTTPError as error:
                self.outcomes[type(error).__name__] += 1

    def __enter__(self) -> Load:
        for thread in self._threads:
            thread.start()
        self.wait()
        return self

    def wait(self) -> None:
        """Wait until a number of further requests are answered."""
        so_far = self.divided
        until(lambda: self.divided >= so_far + 40, "answers", PATIENCE)

    def __exit__(self, *error: object) -> None:
        self._ends.set()
        for thread in self._threads:
            thread.join()

    def is_reported(self, have: Callable[[], list[Any]]) -> bool:
        """Whether there is as much as requests were told of their errors."""
        return len(have()) >= self.divided

    @property
    def divided(self) -> int:
        """The number of requests that were told of their error."""
        return self.outcomes['"divided"']


def of_errors(project: Project, kind: str = "event") -> list[Any]:
    """Return what the model has sent of its divisions."""
    items = [item["payload"] for item in project.items(kind)]
    return [item for item in items if item["transaction"] == "Model.divide"]


def test_replicas_that_come_and_go_under_load_lose_nothing(
    cluster: RayCluster, deploy: Callable[..., Deployed], project: Project
) -> None:
    app = deploy("Pipeline", "/load", replicas=2, options={"max_replicas_per_node": 1})
    with Load(cluster, "/load/outcome/0") as load:
        model = cluster.request("GET", "/load/where").json()[1]
        os.kill(model, signal.SIGTERM)
        load.wait()
        for replicas in (1, 3):
            app.replicas = replicas
            cluster.run(app)  # deploys anew, and scales
            load.wait()
    # Of each error of which a client was told, the event and the transaction.
    for kind in ("event", "transaction"):
        have = functools.partial(of_errors, project, kind)
        with contextlib.suppress(AssertionError):  # told with numbers
            until(functools.partial(load.is_reported, have), kind)
        assert len(have()) >= load.divided, kind
    found = [trace_of(event)["span_id"] for event in of_errors(project)]
    assert len(set(found)) == len(found)

    with Load(cluster, "/load/outcome/0") as further:
        cluster.command("end_node")  # which kills its replicas
        further.wait()
    until(lambda: len(of_errors(project)) - len(found) >= further.divided - AT_MOST_LOST, "the other events")


def test_sigkill_takes_what_is_not_sent_yet_and_no_more(cluster: RayCluster, everything: Project) -> None:
    before, answered = len(of_errors(everything)), 20
    for _ in range(answered):
        assert cluster.request("GET", "/shared/outcome/0").json() == "divided"
    model = cluster.request("GET", "/shared/where").json()[1]
    os.kill(model, signal.SIGKILL)

    def is_replaced() -> bool:
        return cluster.request("GET", "/shared/outcome/0").text == '"divided"'

    until(is_replaced, "another replica", PATIENCE)
    until(lambda: len(of_errors(everything)) > before + answered, "the events of both")
    assert len(of_errors(everything)) == before + answered + 1
