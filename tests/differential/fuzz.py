"""Draw scopes, messages and misbehaving apps, serve each bare and with this package in one process, and compare.

`python -m tests.differential.fuzz COUNT SEED` does it in this process, which its environment configures, and prints the
figures; `fuzz` runs that in a process of its own.
"""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import asdict, dataclass, field
from typing import Any, Callable, Mapping

from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from sentry_sdk.integrations.asgi import SentryAsgiMiddleware

from tests.differential.misbehaving import ERRORS, SHAPES, Plan, run
from tests.harness.server import ROOT, environment

_MOST = 20  # differences that are kept

BYTES = st.binary(max_size=12)
PATHS = st.sampled_from(["/", "/ok", "", "/ü/\ud800", "/a//b", "no-slash", "/%2f"])
HEADERS = st.lists(
    st.tuples(
        st.sampled_from([b"host", b"cookie", b"sentry-trace", b"baggage", b"content-length"]) | BYTES, BYTES
    ),
    max_size=4,
)
ADDRESSES = st.none() | st.just(("127.0.0.1", 80)) | st.just(("/run/sock", None)) | st.just(["::1", 1])
OPTIONAL: Any = {
    "client": ADDRESSES,
    "server": ADDRESSES,
    "root_path": st.sampled_from(["", "/root", "root/"]),
    "scheme": st.sampled_from(["http", "https", "ws", ""]),
    "http_version": st.sampled_from(["1.1", "2", ""]),
    "raw_path": st.none() | BYTES,
    "state": st.just({}),
    "extensions": st.none() | st.just({"http.response.trailers": {}}),
    "subprotocols": st.lists(st.text(max_size=3), max_size=2),
}
ASGI = st.fixed_dictionaries({"version": st.just("3.0")}, optional={"spec_version": st.just("2.4")})
REQUEST = {"asgi": ASGI, "path": PATHS, "query_string": BYTES, "headers": HEADERS}
METHODS = st.sampled_from(["GET", "POST", "OPTIONS", "HEAD", "get", "", "Ü"])
SCOPES: Any = (
    st.fixed_dictionaries({"type": st.just("http"), "method": METHODS, **REQUEST}, optional=OPTIONAL)
    | st.fixed_dictionaries({"type": st.just("websocket"), **REQUEST}, optional=OPTIONAL)
    | st.fixed_dictionaries({"type": st.just("lifespan"), "asgi": ASGI}, optional={"state": st.just({})})
)
STARTS = st.fixed_dictionaries(
    {
        "type": st.sampled_from(["http.response.start", "websocket.http.response.start"]),
        "status": st.sampled_from([200, 204, 304, 404, 500, 599, 0, -1, 99999]),
    },
    optional={"headers": HEADERS, "trailers": st.booleans()},
)
BODIES = st.fixed_dictionaries(
    {"type": st.just("http.response.body")}, optional={"body": BYTES, "more_body": st.booleans()}
)
OTHERS = st.fixed_dictionaries(
    {
        "type": st.sampled_from(
            [
                *("websocket.accept", "websocket.close", "websocket.send", "lifespan.startup.complete"),
                *("lifespan.startup.failed", "lifespan.shutdown.complete", "http.response.push", "nonsense"),
            ]
        )
    },
    optional={"message": st.text(max_size=3), "text": st.text(max_size=3), "code": st.integers(0, 5000)},
)
GARBAGE: tuple[Any, ...] = (
    {},
    {"type": None},
    {"type": "http.response.start", "status": "200"},
    None,
    7,
    "http.response.start",
)
OUTGOING = STARTS | BODIES | OTHERS | st.sampled_from(GARBAGE)
INCOMING = st.fixed_dictionaries(
    {
        "type": st.sampled_from(
            [
                *("http.request", "http.disconnect", "websocket.connect", "websocket.receive"),
                *("websocket.disconnect", "lifespan.startup", "lifespan.shutdown", "nonsense"),
            ]
        )
    },
    optional={"body": BYTES, "more_body": st.booleans(), "code": st.integers(1000, 1015)},
)
STEPS = st.one_of(
    st.tuples(st.just("receive")),
    st.tuples(st.just("receive in two tasks")),
    st.tuples(st.sampled_from(["send", "send", "send and swallow"]), OUTGOING),
    st.tuples(
        st.just("raise"),
        st.sampled_from(sorted(ERRORS)),
        st.sampled_from(["alone", "from a cause", "from none", "in a context", "again"]),
    ),
    st.sampled_from(
        [("cancel",), ("hang",), ("outlast a cancellation",), ("return", "a value"), ("return", 0)]
    ),
)
PLANS = st.builds(
    Plan,
    SCOPES,
    st.lists(INCOMING, max_size=4),
    st.sampled_from([0, 1, 2, 99, 99]),
    st.sampled_from((*SHAPES[:1] * 4, *SHAPES)),
    st.lists(STEPS, max_size=7),
)

# What the SDK's own middleware does otherwise than bare, in an app that is instrumented by hand too.
OF_THE_SDK: dict[str, Callable[[Plan, dict[str, Any]], bool]] = {
    # contextlib, with which the SDK opens its scopes, sets the traceback of what goes through.
    "an error that takes no attributes": lambda plan, ours: _raises(plan, "ClosedError"),
    # Its middleware, which looks for the status of a response.
    "a message that it cannot read": lambda plan, ours: any(
        step[0].startswith("send") and step[1] in GARBAGE for step in plan.steps
    ),
}


# What changes what is done to a request.
SETTINGS: dict[str, dict[str, str]] = {
    "all traces": {},
    "no rate": {"SENTRY_TRACES_SAMPLE_RATE": ""},
    "some traces": {"SENTRY_TRACES_SAMPLE_RATE": "0.5", "SENTRY_ASGI_CAPTURE_5XX": "true"},
    "streamed": {"SENTRY_TRACE_LIFECYCLE": "stream"},
}


@dataclass
class Figures:
    """How many inputs were tried, and what came of them; differences that are the SDK's own are counted by name."""

    tried: int = 0
    outcomes: dict[str, int] = field(default_factory=dict)
    differences: list[str] = field(default_factory=list)
    of_the_sdk: dict[str, int] = field(default_factory=dict)


def fuzz(count: int, number: int = 1, environ: Mapping[str, str] | None = None) -> Figures:
    """Try that many inputs, the same for the same number, with a Sentry that `environ` sets up and nobody hears."""
    settings = {"SENTRY_DSN": "http://key@127.0.0.1:9/1", "SENTRY_TRACES_SAMPLE_RATE": "1", **(environ or {})}
    result = subprocess.run(
        [sys.executable, "-m", "tests.differential.fuzz", str(count), str(number)],
        env=environment(settings),
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    if result.returncode:
        raise AssertionError(result.stderr)
    return Figures(**json.loads(result.stdout))


def compare(figures: Figures, plan: Plan, wrap: Callable[[Any], Any]) -> None:
    """Serve one plan bare and wrapped, and take down what differs."""
    bare, ours = run(plan), run(plan, wrap)
    figures.tried += 1
    figures.outcomes[bare["outcome"]] = figures.outcomes.get(bare["outcome"], 0) + 1
    if bare == ours:
        return
    name = next((name for name, is_it in OF_THE_SDK.items() if is_it(plan, ours)), None)
    if name is not None and run(plan, _by_hand) == ours:
        figures.of_the_sdk[name] = figures.of_the_sdk.get(name, 0) + 1
    elif len(figures.differences) < _MOST:
        which = {key: (bare[key], ours[key]) for key in bare if bare[key] != ours[key]}
        figures.differences.append(f"{plan}: {which}")


def _raises(plan: Plan, name: str) -> bool:
    return any(step[:2] == ("raise", name) for step in plan.steps)


def _by_hand(app: Any) -> Any:
    return SentryAsgiMiddleware(app, asgi_version=3)


def main(count: int, number: int) -> None:
    """Try inputs in this process, and print the figures."""
    from sentry_asgi_autoconf import activate, wrap

    assert activate().active
    figures = Figures()

    @seed(number)
    @settings(
        max_examples=count,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(PLANS)
    def trial(plan: Plan) -> None:
        compare(figures, plan, wrap)

    trial()
    print(json.dumps(asdict(figures)))


if __name__ == "__main__":
    main(*map(int, sys.argv[1:3]))
