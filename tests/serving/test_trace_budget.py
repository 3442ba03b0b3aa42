"""`SENTRY_ASGI_TRACES_PER_SECOND` lowers the rates of busy routes, and the rate that is told is the one drawn by."""

from __future__ import annotations

import collections
import contextvars
import math
import pickle
import random
import threading
from typing import Any, Callable

import httpx
import pytest

from sentry_asgi_autoconf.serving import current_request
from sentry_asgi_autoconf.serving.path_sampling import PathSampler
from sentry_asgi_autoconf.serving.trace_budget import Patterns, TraceBudget
from tests.harness.envelopes import Project
from tests.harness.server import Server, environment, run, uvicorn

Start = Callable[..., Server]
SHARES = {"GET /busy": 0.9, "GET /some": 0.099, "GET /rare": 0.001}


class Traffic:
    """Requests that come at random at this many a second, and what a budget makes of them."""

    def __init__(self, budget: TraceBudget, seed: int) -> None:
        self._budget, self._random, self.now = budget, random.Random(seed), 1000.0
        self.asked: collections.Counter[str] = collections.Counter()
        self.sent: collections.Counter[str] = collections.Counter()
        self.told: collections.Counter[str] = collections.Counter()  # sums of 1/rate

    def go_on(self, seconds: float, per_second: float, shares: dict[str, float] = SHARES) -> Traffic:
        """Let further seconds pass."""
        end, names = self.now + seconds, list(shares)
        while self.now < end:
            self.now += self._random.expovariate(per_second)
            (name,) = self._random.choices(names, list(shares.values()))
            rate = self._budget.rate(name, 1.0, self.now)
            assert 0 < rate <= 1
            self.asked[name] += 1
            if self._random.random() < rate:
                self.sent[name] += 1
                self.told[name] += 1 / rate  # type: ignore[assignment]
        return self


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize(
    ("per_second", "budget", "seconds"), [(10, 3, 600), (10, 20, 300), (100, 10, 150), (1000, 20, 80)]
)
def test_the_budget_is_held_and_what_is_sent_stands_for_all(
    per_second: int, budget: int, seconds: int, seed: int
) -> None:
    traffic = Traffic(TraceBudget(budget), seed).go_on(seconds, per_second)
    asked, sent, told = (sum(each.values()) for each in (traffic.asked, traffic.sent, traffic.told))
    assert sent == pytest.approx(min(budget, per_second) * seconds, rel=0.2)
    assert told == pytest.approx(asked, rel=0.1)
    assert traffic.sent["GET /rare"] == traffic.asked["GET /rare"]


def test_what_stands_for_all_is_right_on_average() -> None:
    found = [Traffic(TraceBudget(2), seed).go_on(60, 100) for seed in range(30)]
    asked, told = (sum(sum(each.values()) for each in of) for of in zip(*((f.asked, f.told) for f in found)))
    assert told == pytest.approx(asked, rel=0.03)


def test_routes_of_much_traffic_have_equal_shares() -> None:
    sent = Traffic(TraceBudget(20), 1).go_on(120, 1000).sent
    assert sent["GET /busy"] == pytest.approx(sent["GET /some"], rel=0.2)


def test_much_more_traffic_all_at_once_is_made_up_for() -> None:
    traffic = Traffic(TraceBudget(10), 1).go_on(60, 10)
    before = sum(traffic.sent.values())
    assert sum(traffic.go_on(60, 1000).sent.values()) - before == pytest.approx(600, rel=0.2)


def test_paths_that_nobody_asks_for_twice_do_not_starve_a_route() -> None:
    budget, numbers = TraceBudget(10), iter(range(10**9))
    sent = 0.0
    for step in range(60_000):
        now = 1000 + step / 500
        word = "".join(chr(97 + int(digit)) for digit in str(next(numbers)))
        budget.rate(f"GET /{word}", 1.0, now)
        sent += budget.rate("GET /shop/cart", 1.0, now)
    assert sent == pytest.approx(600, rel=0.2)  # half of the budget in two minutes


@pytest.mark.parametrize(
    "times", [(1000, 999, 0, -5, 1000), (1000, 1e9, 1e9), (-math.pi, -3, 1), (0.0,) * 2000]
)
def test_a_clock_that_jumps_does_no_harm(times: tuple[float, ...]) -> None:
    budget = TraceBudget(10)
    assert all(0 < budget.rate("GET /", 1.0, now) <= 1 for now in times)
    late = max(times) + 100
    assert [budget.rate("GET /", 1.0, late + 10 * n) for n in range(3)] == [1.0] * 3


@pytest.mark.parametrize("per_second", [0.001, 1, 1_000_000])
@pytest.mark.parametrize("wanted", [1e-9, 1e-3, 1.0])
def test_no_rate_is_higher_than_wanted_and_none_is_nothing(per_second: float, wanted: float) -> None:
    budget = TraceBudget(per_second)
    rates = [budget.rate("GET /", wanted, 5 + n / 1000) for n in range(3000)]
    assert 0 < min(rates) <= max(rates) <= wanted


@pytest.mark.parametrize(
    ("one", "other", "are_alike"),
    [
        ("GET /users/1", "GET /users/23", True),
        ("GET /users/1/posts", "GET /users/2/posts", True),
        ("GET /users/1/posts", "GET /users/1/likes", False),
        ("GET /users", "POST /users", False),
        ("GET /v1/users", "GET /v2/users", False),
        ("GET /4bf92f3577b34da6a3ce929d0e0e4736", "GET /1", True),
        ("GET /f/a%20b", "GET /f/c@d.example", True),
        ("GET /f/" + "a" * 41, "GET /f/1", True),
        ("task shop.send_mail", "task shop.count", False),
    ],
)
def test_paths_are_told_apart_by_what_is_not_of_one_request(one: str, other: str, are_alike: bool) -> None:
    patterns = Patterns()
    assert (patterns.of(one) == patterns.of(other)) == are_alike


def test_there_is_a_bounded_number_of_patterns() -> None:
    patterns = Patterns()
    words = ["".join(random.Random(n).choices("abcdefg", k=8)) for n in range(3000)]
    assert len({patterns.of(f"GET /posts/{word}") for word in words}) == 51
    assert len({patterns.of("GET " + f"/{word}" * 5000) for word in words}) <= 51 * 8
    assert len({patterns.of(f"GET /{one}/{two}") for one in words[:60] for two in words}) < 52 * 51


def test_threads_may_ask_at_once() -> None:
    budget = TraceBudget(10)
    rates: list[float] = []
    threads = [
        threading.Thread(
            target=lambda: rates.extend(budget.rate(f"GET /{n % 300}", 1.0, n / 100) for n in range(2000))
        )
        for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(rates) == 16_000 and all(0 < rate <= 1 for rate in rates)


FORKS = """
import os, threading
from sentry_asgi_autoconf.serving.event_budget import EventBudget
from sentry_asgi_autoconf.serving.trace_budget import TraceBudget
traces, events = TraceBudget(10), EventBudget(1)

def ask():
    while True:
        traces.rate("GET /", 1.0, 5.0)
        events.spend(1, 5.0)

for _ in range(3):
    threading.Thread(target=ask, daemon=True).start()
while events.spend(1, 5.0) is not None:
    pass
for _ in range(40):
    child = os.fork()
    if not child:
        assert traces.rate("GET /", 1.0, 5.0) == 1.0 and events.spend(1, 5.0) == 0
        os._exit(0)
    assert os.waitpid(child, 0)[1] == 0
os._exit(0)
"""


def test_a_forked_child_has_budgets_of_its_own_whatever_its_parent_s_threads_did() -> None:
    ended = run(FORKS, environment(bootstrap=False))
    assert (ended.returncode, ended.stderr) == (0, "")


def test_it_can_be_pickled() -> None:
    budget = pickle.loads(pickle.dumps(TraceBudget(5)))
    assert budget.rate("GET /", 1.0, 0.0) == 1.0


def _sampler(budget: float, *args: Any, **kwargs: Any) -> PathSampler:
    return PathSampler(*args, **kwargs, budget=TraceBudget(budget))


@pytest.mark.parametrize("wanted", [0.25, 1, True, 0, False, None, "often", 2, float("nan")], ids=repr)
def test_a_sampler_of_the_app_s_says_the_most_and_what_is_no_rate_stays(wanted: Any) -> None:
    sampler = _sampler(1000, lambda context: wanted, 0.0, [], {}, None)
    found = sampler({"asgi_scope": {"method": "GET", "path": "/"}, "parent_sampled": None})
    assert found is wanted or found == wanted
    poor = _sampler(0.001, lambda context: wanted, 0.0, [], {}, None)
    found = poor({"asgi_scope": {"method": "GET", "path": "/"}, "parent_sampled": None})
    assert found is wanted or found <= 0.001


@pytest.mark.parametrize("scope", [{}, {"path": b"/x"}, {"path": None, "method": 7}], ids=repr)
@pytest.mark.parametrize("begun", [{}, {"op": "task", "name": None}], ids=repr)
def test_a_transaction_of_any_shape_has_a_rate(scope: Any, begun: Any) -> None:
    sampler = _sampler(1000, lambda context: 0.5, 0.0, [], {}, None)
    assert sampler({"asgi_scope": scope, "transaction_context": begun}) == 0.5


def test_the_decision_of_a_caller_is_kept_and_costs_nothing() -> None:
    sampler = _sampler(0.001, None, 1.0, [], {}, None)
    request = {"asgi_scope": {"method": "GET", "path": "/"}}
    assert [sampler({**request, "parent_sampled": parent}) for parent in (True, False)] == [1.0, 0.0]
    assert sampler({**request, "parent_sampled": None}) == 0.001


NUMBER = 600


@pytest.mark.parametrize("lifecycle", ["static", "stream"])
@pytest.mark.parametrize("app", ["raw3:app", "fastapi_app:app"])
def test_what_is_sent_is_told_with_the_rate_that_it_was_drawn_by(
    app: str, lifecycle: str, start: Start, project: Project
) -> None:
    environ = {"SENTRY_ASGI_TRACES_PER_SECOND": "20", "SENTRY_TRACE_LIFECYCLE": lifecycle}
    server = start(uvicorn(app), environ).ready()
    with httpx.Client(base_url=server.url, trust_env=False) as client:
        for number in range(NUMBER):
            client.get("/ok" if number % 100 else "/rare")
    server.stop()
    of = {"static": "transaction", "stream": "span"}[lifecycle]
    traces = [item["envelope"]["trace"] for item in project.items(of)]
    rates = [float(trace["sample_rate"]) for trace in traces]
    assert all(float(trace["sample_rand"]) < rate for trace, rate in zip(traces, rates))
    assert len(traces) < NUMBER and min(rates) < 1
    assert sum(1 / rate for rate in rates) == pytest.approx(NUMBER, rel=0.5)
    assert _lost(project, of) == NUMBER - len(traces)


def _lost(project: Project, category: str) -> int:
    reports = [
        report for item in project.items("client_report") for report in item["payload"]["discarded_events"]
    ]
    return sum(
        each["quantity"]
        for each in reports
        if (each["reason"], each["category"]) == ("sample_rate", category)
    )


@pytest.mark.parametrize("lifecycle", ["static", "stream"])
def test_the_rate_of_a_caller_is_told_as_it_was(lifecycle: str, start: Start, project: Project) -> None:
    environ = {"SENTRY_ASGI_TRACES_PER_SECOND": "0.001", "SENTRY_TRACE_LIFECYCLE": lifecycle}
    server = start(uvicorn("raw3:app"), environ).ready()
    for rate, rand, is_sampled in ((0.25, 0.1, 1), (0.25, 0.9, 0), (0.25, 0.9, 1), ("often", 0.1, 1)):
        baggage = f"sentry-trace_id={'a' * 32},sentry-sample_rate={rate},sentry-sample_rand={rand}"
        trace = f"{'a' * 32}-{'b' * 16}-{is_sampled}"
        server.get("/ok", headers={"sentry-trace": trace, "baggage": baggage})
    server.stop()
    items = project.items({"static": "transaction", "stream": "span"}[lifecycle])
    assert [item["envelope"]["trace"]["sample_rate"] for item in items] == ["0.25", "1.0", "1.0"]


def test_a_caller_that_speaks_w3c_s_begins_no_trace_but_is_drawn_here(start: Start, project: Project) -> None:
    server = start(uvicorn("raw3:app"), {"SENTRY_ASGI_TRACES_PER_SECOND": "0.001"}).ready()
    for _ in range(20):
        server.get("/ok", headers={"traceparent": f"00-{'a' * 32}-{'b' * 16}-01"})
    server.stop()
    assert len(project.items("transaction")) <= 2
    assert _lost(project, "transaction") >= 18


def test_a_budget_does_not_switch_tracing_on(start: Start, project: Project) -> None:
    environ = {"SENTRY_ASGI_TRACES_PER_SECOND": "10", "SENTRY_TRACES_SAMPLE_RATE": None}
    server = start(uvicorn("raw3:app"), environ).ready()
    server.get("/ok")
    server.stop()
    assert project.items("transaction") == []


@pytest.mark.parametrize("text", ["0", "0.0009", "nan", "inf", "1e7", "often", "true", "[]"])
def test_what_is_no_budget_is_told_and_left_out(text: str, start: Start, project: Project) -> None:
    server = start(uvicorn("raw3:app"), {"SENTRY_ASGI_TRACES_PER_SECOND": text}).ready()
    server.get("/ok")
    server.stop()
    said = f"SENTRY_ASGI_TRACES_PER_SECOND='{text}' is not a number from 0.001 to 1000000"
    assert server.output.count(said) == 1
    assert len(project.wait("transaction")) == 1


@pytest.mark.parametrize(
    ("app", "path"), [("sanic_app:app", "/ok"), ("case_wsgi_mount:app", "/old/item/1"), ("raw3:app", "/ok")]
)
def test_a_request_is_counted_once_whoever_begins_its_transaction(
    app: str, path: str, start: Start, project: Project
) -> None:
    server = start(uvicorn(app), {"SENTRY_ASGI_TRACES_PER_SECOND": "2"}).ready()
    assert server.get(path).status_code == 200
    server.stop()
    (item,) = project.items("transaction")
    assert item["envelope"]["trace"]["sample_rate"] == "1.0"  # a second would be told 0.95


def test_what_a_task_begins_in_the_context_of_a_request_is_counted_by_itself() -> None:
    sampler, scope = _sampler(2, None, 1.0, [], {}, None), {"type": "http", "method": "GET", "path": "/"}

    def rates(op: str) -> list[float]:
        begun = {"transaction_context": {"op": op, "name": "work"}, "asgi_scope": scope}
        return [sampler({**begun, "parent_sampled": None}) for _ in range(3)]

    def in_a_request() -> None:
        current_request.begin(current_request.Request(scope, None, (None, None)))
        assert len(set(rates("http.server"))) == 1
        assert len(set(rates("task"))) == 3

    contextvars.copy_context().run(in_a_request)
