"""A rate of 0 is 0 whoever asks for a trace; a ceiling above 0 holds for callers where the policy says so."""

from __future__ import annotations

from typing import Any, Callable

import pytest

from tests.activation.layering import arguments_of
from tests.harness.envelopes import Project
from tests.harness.policies import Policy, Read
from tests.harness.server import Server, uvicorn

Start = Callable[..., Server]

TRACE = "0af7651916cd43dd8448eb211c80319c"
# A client that wants to be traced in any case.
SAMPLED = {
    "sentry-trace": f"{TRACE}-b7ad6b7169203331-1",
    "baggage": f"sentry-trace_id={TRACE},sentry-sample_rand=0.000000,sentry-sampled=true,sentry-sample_rate=1.0",
}
DEFERRED = {**SAMPLED, "sentry-trace": f"{TRACE}-b7ad6b7169203331"}
NEXT_TO_NONE = 1e-9
NONE = [
    {"enforced": {"traces_sample_rate": 0}},
    {"limits": {"traces_sample_rate": {"max": 0}}},
    {"enforced": {"enable_tracing": False}},
    {"enforced": {"traces_sample_rate": 0, "trace_lifecycle": "stream"}},
]


def ask(server: Server) -> None:
    """Have a trace asked for in every way, and an error in the end."""
    for headers in (SAMPLED, DEFERRED, {}):
        server.get("/", headers=headers)
    server.get("/forced")
    server.provoke(headers=SAMPLED)


@pytest.mark.parametrize("mode", ["merge", "keep", "replace"])
@pytest.mark.parametrize("rules", NONE, ids=["enforced", "limited", "switched off", "streamed"])
def test_nothing_is_traced_at_a_rate_of_0(
    rules: Any, mode: str, start: Start, project: Project, policy: Policy
) -> None:
    server = start(uvicorn("forced_traces:app"), {"SENTRY_ASGI_ON_APP_INIT": mode, **policy(**rules)})
    ask(server)
    project.wait("event")
    server.stop()
    assert project.items("transaction", "span") == []


@pytest.mark.parametrize("mode", ["merge", "keep", "replace"])
@pytest.mark.parametrize("holds", [True, False], ids=["held", "as Sentry does"])
def test_a_ceiling_holds_for_callers_where_it_says_so(
    holds: bool, mode: str, start: Start, project: Project, policy: Policy
) -> None:
    ceiling = {"max": NEXT_TO_NONE, "sampled_by_callers": holds}
    environ = {"SENTRY_ASGI_ON_APP_INIT": mode, **policy(limits={"traces_sample_rate": ceiling})}
    # An app's sampler is held in any case.
    server = start(uvicorn("forced_traces:app" if holds else "raw3:app"), environ)
    for _ in range(10):
        server.get("/", headers=SAMPLED)
        server.get("/", headers=DEFERRED)
    server.provoke()
    project.wait("event")
    server.stop()
    # By the number that the caller has drawn, traces that it leaves to others are sampled too.
    assert len(project.items("transaction")) == (0 if holds else 20)


def sampler(read: Read, **tables: Any) -> Any:
    """Return the sampler of the settings under a policy."""
    environ = {"SENTRY_TRACES_SAMPLE_RATE": "1.0", "SENTRY_ASGI_TRACES_SAMPLE_RATES": '{"/some": 0.5}'}
    return arguments_of(read(environ, **tables)).own()["traces_sampler"]


def context(parent: bool | None, path: str = "/") -> dict[str, Any]:
    """Return what a sampler is asked with for a caller's trace."""
    begun = {"op": "http.server", "parent_span_id": "b7ad6b7169203331"}
    return {
        "parent_sampled": parent,
        "transaction_context": begun,
        "asgi_scope": {"path": path, "method": "GET"},
    }


def test_a_ceiling_of_1_lets_callers_decide(read: Read) -> None:
    asked = sampler(read, limits={"traces_sample_rate": {"max": 1, "sampled_by_callers": True}})
    for path in ("/", "/some"):
        assert [bool(asked(context(parent, path))) for parent in (True, False)] == [True, False]


def test_a_path_that_the_policy_traces_is_traced_for_callers_too(read: Read) -> None:
    asked = sampler(read, enforced={"traces_sample_rate": 0, "asgi_traces_sample_rates": {"/some": 1}})
    assert [bool(asked(context(True, path))) for path in ("/", "/some")] == [False, True]


def test_what_begins_here_is_not_drawn_twice(read: Read) -> None:
    asked = sampler(read, limits={"traces_sample_rate": {"max": 0.2, "sampled_by_callers": True}})
    assert asked({"parent_sampled": None, "asgi_scope": {"path": "/", "method": "GET"}}) == 0.2


def test_the_strictest_of_several_policies_holds_for_callers_too(read: Read) -> None:
    loaded = read(limits={"traces_sample_rate": {"max": 0.5, "sampled_by_callers": True}})
    limit = loaded.enforcement.limits["traces_sample_rate"]
    both = limit.and_also(limit._replace(maximum=0.2, over_callers=False))
    assert (both.maximum, both.over_callers) == (0.2, True)


def test_a_caller_that_speaks_w3c_s_is_drawn_once_and_the_rate_is_told(
    start: Start, project: Project, policy: Policy
) -> None:
    ceiling = {"max": 0.999, "sampled_by_callers": True}
    server = start(uvicorn("raw3:app"), policy(limits={"traces_sample_rate": ceiling})).ready()
    for _ in range(5):
        server.get("/", headers={"traceparent": f"00-{TRACE}-b7ad6b7169203331-01"})
    server.stop()
    told = {item["envelope"]["trace"]["sample_rate"] for item in project.items("transaction")}
    assert told == {"0.999"}
