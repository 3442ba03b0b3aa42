"""A transaction is built where one may be sent, and errors and outgoing requests tell of the trace as by hand."""

from __future__ import annotations

import functools
import http.server
import sys
from collections import Counter
from pathlib import Path
from typing import Any, Callable, Iterator

import pytest

from tests.harness.envelopes import Project
from tests.harness.http_service import running
from tests.harness.parity import normalised
from tests.harness.server import BOOTSTRAP, ROOT, Server, run, uvicorn
from tests.harness.venvs import installed_beside, venv

TRACE = "771a43a4192642f0b136d5159a501700"
PARENT = "1234567890abcdef"
KINDS = ["caller_app", "fastcaller_app"]
RATES = ["", "0.000001", "1"]


def incoming(flag: str) -> dict[str, str]:
    """Return the headers of a caller that has sampled its trace, has not, or leaves it to others."""
    sampled = {"-1": ",sentry-sampled=true", "-0": ",sentry-sampled=false", "": ""}[flag]
    return {
        "sentry-trace": f"{TRACE}-{PARENT}{flag}",
        "baggage": f"other=kept,sentry-trace_id={TRACE},sentry-sample_rate=0.5{sampled}",
    }


CALLERS = {
    "none": {},
    "sampled": incoming("-1"),
    "unsampled": incoming("-0"),
    "undecided": incoming(""),
    "unsampled, without baggage": {"sentry-trace": f"{TRACE}-{PARENT}-0"},
}


class Service:
    """A service that keeps the headers of each request that it is sent."""

    def __init__(self) -> None:
        received: list[dict[str, str]] = []

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                received.append({name.lower(): value for name, value in self.headers.items()})
                self.send_response(204)
                self.end_headers()

            def log_message(self, *args: Any) -> None:
                """Keep quiet."""

        self.received = received
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/"


@pytest.fixture
def service() -> Iterator[Service]:
    """Yield a running service."""
    service = Service()
    with running(service.server):
        yield service


@pytest.fixture
def begin(start: Callable[..., Server], service: Service) -> Callable[..., Server]:
    """Start an app under a rate, by the bootstrap or by hand."""

    def begin(
        module: str,
        project: Project,
        rate: str = "",
        *options: str,
        by_hand: bool = False,
        streams: bool = False,
        python: str = sys.executable,
        bootstrap: Path = BOOTSTRAP,
    ) -> Server:
        environ = {
            "SERVICE": service.url,
            "SENTRY_DSN": project.dsn,
            "SENTRY_TRACES_SAMPLE_RATE": rate,
            "APP": module,
            "RATE": rate,
            "WITH_MIDDLEWARE": "1" if module == "caller_app" else "",
            "PYTHONPATH": "" if by_hand else str(bootstrap),
            **({"SENTRY_TRACE_LIFECYCLE": "stream", "STREAM": "1"} if streams else {}),
        }
        app = "by_hand:app" if by_hand else f"{module}:app"
        return start(uvicorn(app, *options, python=python), environ).ready()

    return begin


def provoked(server: Server, project: Project, count: int, headers: dict[str, str]) -> list[Any]:
    """Make the app fail `count` times, and give the events."""
    for _ in range(count):
        server.provoke("/boom", headers=headers)
    return project.wait("event", count)


def told(headers: dict[str, str]) -> tuple[str, dict[str, str]]:
    """Return what a request tells of its trace, apart from ids and the number that was drawn for it."""
    _, _, flag = headers["sentry-trace"].partition("-")[2].partition("-")
    items = dict(item.split("=") for item in headers["baggage"].split(","))
    return flag, {name: value for name, value in items.items() if name not in OF_THE_RUN}


OF_THE_RUN = {"sentry-trace_id", "sentry-sample_rand", "sentry-public_key"}


def lost(project: Project) -> Counter[tuple[str, str]]:
    """Count the transactions and spans that the SDK says it did not send, by category and reason."""
    reports = [item["payload"]["discarded_events"] for item in project.items("client_report")]
    found: Counter[tuple[str, str]] = Counter()
    for each in (discarded for report in reports for discarded in report):
        # Not the span of the SDK's own delivery, unfinished or not.
        if each["category"] != "error" and each["reason"] != "buffer_overflow":
            found[each["category"], each["reason"]] += each["quantity"]
    return found


@pytest.mark.parametrize("module", KINDS)
@pytest.mark.parametrize("rate", RATES)
def test_the_trace_is_told_of_as_by_hand(
    module: str,
    rate: str,
    begin: Callable[..., Server],
    service: Service,
    project: Project,
    new_project: Callable[[], Project],
) -> None:
    compare(functools.partial(begin, module), rate, service, project, new_project())


@pytest.fixture(scope="module")
def beside(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the bootstrap directory of an installed wheel that no environment has on its path."""
    return installed_beside(tmp_path_factory.mktemp("beside"))


@pytest.mark.matrix
@pytest.mark.parametrize("rate", RATES)
def test_the_trace_is_told_of_as_by_hand_with_the_oldest_sdk_whose_middleware_is_asked(
    rate: str,
    begin: Callable[..., Server],
    beside: Path,
    service: Service,
    project: Project,
    new_project: Callable[[], Project],
) -> None:
    python = venv(sys.executable, "sentry-sdk==2.35.0", "uvicorn")
    with_oldest = functools.partial(begin, "caller_app", python=python, bootstrap=beside)
    compare(with_oldest, rate, service, project, new_project())


def compare(
    begin: Callable[..., Server], rate: str, service: Service, project: Project, by_hand: Project
) -> None:
    """Have the app called by every kind of caller, instrumented by hand and by us, and compare what it tells."""
    for of in (by_hand, project):
        # It ends by itself, as at a signal by hand nothing would tell of what was not sent.
        server = begin(of, rate, "--limit-max-requests", str(len(CALLERS)), by_hand=of is by_hand)
        for number, headers in enumerate(CALLERS.values(), start=1):
            server.provoke("/boom", headers=headers)
            of.wait("event", number)
        server.wait()
    for kind in ("event", "transaction"):
        ours, theirs = ([item["payload"] for item in of.items(kind)] for of in (project, by_hand))
        assert len(ours) == len(theirs)
        for our_item, their_item in zip(ours, theirs, strict=True):
            for item in (our_item, their_item):  # where we are beside the environment, one names us
                item.get("modules", {}).pop("sentry-asgi-autoconf", None)
            assert normalised(our_item) == normalised(their_item)
            assert our_item["contexts"]["trace"].keys() == their_item["contexts"]["trace"].keys()
    assert lost(project) == lost(by_hand)

    received = list(zip(service.received[len(CALLERS) :], service.received, CALLERS, strict=False))
    events = [item["payload"] for item in project.items("event")]
    for event, (by_ours, by_theirs, caller) in zip(events, received, strict=True):
        assert by_ours.keys() == by_theirs.keys()
        assert told(by_ours) == told(by_theirs)
        trace = event["contexts"]["trace"]["trace_id"]
        assert by_ours["sentry-trace"].startswith(trace)
        assert (trace == TRACE) is (caller != "none")
        if caller == "none":
            assert f"sentry-trace_id={trace}" in by_ours["baggage"]


@pytest.mark.parametrize("module", KINDS)
@pytest.mark.parametrize("rate", ["0.000001", "1"])
def test_streamed_spans_are_those_of_by_hand(
    module: str,
    rate: str,
    begin: Callable[..., Server],
    project: Project,
    new_project: Callable[[], Project],
) -> None:
    by_hand = new_project()
    for of in (by_hand, project):
        server = begin(module, of, rate, "--limit-max-requests", "7", by_hand=of is by_hand, streams=True)
        for headers in CALLERS.values():
            server.get("/fine", headers=headers)
        server.request("HEAD", "/fine")
        server.provoke("/boom")
        server.wait()
    ours, theirs = (spans_of(of) for of in (project, by_hand))
    assert len(ours) == len(theirs) > 1
    for our_span, their_span in zip(ours, theirs, strict=True):
        assert our_span == their_span
    (our_event,), (their_event,) = (
        [item["payload"] for item in of.items("event")] for of in (project, by_hand)
    )
    assert normalised(our_event) == normalised(their_event)
    assert lost(project) == lost(by_hand)


def spans_of(project: Project) -> list[Any]:
    """Return the spans that have arrived, without what differs between any two runs, in a fixed order."""
    spans = [span for item in project.items("span") for span in item["payload"]["items"]]
    for span in spans:
        del span["end_timestamp"]
        span["attributes"] = {k: v for k, v in span["attributes"].items() if k not in OF_THE_PROCESS}
    return sorted((normalised(span) for span in spans if "/envelope/" not in span["name"]), key=repr)


# The SDK has the name of an integration, and by hand those of all that are installed.
OF_THE_PROCESS = {"process.command_args", "sentry.sdk.integrations", "sentry.sdk.name"}


@pytest.mark.parametrize("module", KINDS)
def test_each_request_has_a_trace_of_its_own(
    module: str, begin: Callable[..., Server], project: Project
) -> None:
    events = provoked(begin(module, project), project, 3, {})
    assert len({event["contexts"]["trace"]["trace_id"] for event in events}) == 3


def test_processes_that_go_on_from_one_state_draw_other_ids() -> None:
    code = """
import os
from sentry_asgi_autoconf.serving import opened_request as opened
state = opened._generator.getstate()
ids = [opened.trace_id(), opened.span_id()]
opened._generator.setstate(state)  # as a snapshot does
ids += [opened.trace_id(), opened.span_id()]
print(*ids, flush=True)
if os.fork():
    os.wait()
print(opened.trace_id(), opened.span_id(), flush=True)
"""
    found = run(code, {"PYTHONPATH": str(ROOT)})
    ids = found.stdout.split()
    assert (found.returncode, len(set(ids)), [len(each) for each in ids]) == (0, 8, [32, 16] * 4)


@pytest.mark.parametrize("app", ["plain", "framework"])
@pytest.mark.parametrize(("rate", "numbers"), [("", 1), ("0.000001", 1), ("1", 4)])
def test_a_transaction_is_built_only_where_it_is_sent(
    rate: str, numbers: int, app: str, start: Callable[..., Server], project: Project
) -> None:
    """The SDK's middleware asks before it builds one, and nothing of it then asks for more than the stand-in has."""
    environ = {"SENTRY_DSN": project.dsn, "SENTRY_TRACES_SAMPLE_RATE": rate}
    server = start(uvicorn(f"building:{app}"), environ).ready()
    assert len({server.get("/").text for _ in range(4)}) == numbers


@pytest.mark.parametrize("module", ["early_init_app", "late_init_app"])
def test_an_app_that_calls_init_itself_finds_a_span_in_each_request(
    module: str, begin: Callable[..., Server], project: Project
) -> None:
    server = begin(module, project)
    assert server.get("/one").status_code == 200
    if module == "late_init_app":
        project.wait("transaction")
    server.stop()
    assert not project.items("event")
