"""Payloads as a broken or hostile client may send them."""

from typing import Any

from hypothesis import strategies as st

TIMES = st.one_of(
    st.just("2026-01-02T03:04:05.678Z"),
    st.floats(allow_nan=False, allow_infinity=False),
    st.integers(),
    st.just("yesterday"),
    st.just(10**400),
)
ANYTHING = st.recursive(
    st.one_of(st.none(), st.booleans(), st.text(max_size=6), TIMES),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=6,
)


def odd(**fields: Any) -> st.SearchStrategy[Any]:
    """Return objects in which each field is as it should be, anything else, or absent; or no object at all."""
    wrong_or_right = {name: st.one_of(field, ANYTHING) for name, field in fields.items()}
    return st.one_of(st.fixed_dictionaries({}, optional=wrong_or_right), ANYTHING)


def many(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """Return the protocol's two forms of a list."""
    listed = st.lists(inner, max_size=3)
    return st.one_of(listed, st.fixed_dictionaries({"values": listed}))


TEXT = st.text(max_size=8)
IDS = st.sampled_from(["a", "b", "c", ""])
PAIRS = st.one_of(
    st.dictionaries(TEXT, ANYTHING, max_size=2), st.lists(st.lists(ANYTHING, max_size=3), max_size=2)
)
FRAME = odd(
    filename=TEXT,
    function=TEXT,
    module=TEXT,
    lineno=st.integers(),
    in_app=st.booleans(),
    platform=TEXT,
    pre_context=st.lists(TEXT, max_size=2),
    context_line=TEXT,
    post_context=st.lists(TEXT, max_size=2),
    vars=PAIRS,
)
STACKTRACE = odd(frames=st.lists(FRAME, max_size=4))
RAISED = odd(
    type=TEXT,
    value=TEXT,
    stacktrace=STACKTRACE,
    mechanism=odd(handled=st.booleans(), source=st.just("__cause__")),
)
CONTEXTS = odd(trace=odd(trace_id=IDS, span_id=IDS, parent_span_id=IDS, op=TEXT, status=TEXT, data=PAIRS))
EVENT_FIELDS: dict[str, Any] = {
    "timestamp": TIMES,
    "level": TEXT,
    "message": TEXT,
    "logentry": odd(message=TEXT, formatted=TEXT),
    "exception": many(RAISED),
    "threads": many(odd(stacktrace=STACKTRACE)),
    "stacktrace": STACKTRACE,
    "breadcrumbs": many(odd(timestamp=TIMES, category=TEXT, level=TEXT, message=TEXT, data=PAIRS)),
    "request": odd(method=TEXT, url=st.one_of(TEXT, st.just("http://[")), headers=PAIRS, query_string=TEXT),
    "contexts": CONTEXTS,
    "tags": PAIRS,
    "user": PAIRS,
    "extra": PAIRS,
    "transaction": TEXT,
    "release": TEXT,
    "environment": TEXT,
}
SPAN = odd(
    trace_id=IDS,
    span_id=IDS,
    parent_span_id=IDS,
    op=TEXT,
    name=TEXT,
    description=TEXT,
    status=TEXT,
    is_segment=st.booleans(),
    start_timestamp=TIMES,
    timestamp=TIMES,
    end_timestamp=TIMES,
    data=PAIRS,
    tags=PAIRS,
    attributes=PAIRS,
)
PAYLOADS = {
    "event": odd(**EVENT_FIELDS),
    "transaction": odd(**EVENT_FIELDS, start_timestamp=TIMES, spans=st.lists(SPAN, max_size=4)),
    "span": odd(items=st.lists(SPAN, max_size=4)),
    "log": odd(items=st.lists(odd(timestamp=TIMES, level=TEXT, body=TEXT, attributes=PAIRS, trace_id=IDS))),
    "something_new": ANYTHING,
}
ITEMS = st.one_of([st.tuples(st.just(kind), payload) for kind, payload in PAYLOADS.items()])
