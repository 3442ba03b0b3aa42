"""Whatever an event looks like, it is not lost, and what is odd in it keeps nothing else from being redacted."""

from __future__ import annotations

import sys
from contextvars import copy_context
from typing import Any, Callable, Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sentry_sdk.consts import DEFAULT_OPTIONS
from sentry_sdk.utils import AnnotatedValue  # type: ignore[attr-defined]

from sentry_asgi_autoconf.serving import current_request, redaction
from sentry_asgi_autoconf.serving.credentials import FILTERED
from sentry_asgi_autoconf.serving.current_request import Request
from sentry_asgi_autoconf.serving.redaction import Redaction
from sentry_asgi_autoconf.serving.sensitive import Sensitive

SECRET = "s3ss10n-of-somebody"
SCOPE = {"client": ("203.0.113.9", 1), "headers": [(b"cookie", f"sid={SECRET}".encode())]}
HARMLESS = "harmless"


def text() -> str:
    """Return text with the secret in it."""
    return f"{HARMLESS} {SECRET}"


def frames() -> dict[str, Any]:
    """Return a stack trace."""
    return {"frames": [{"function": "f", "vars": {"a": text(), "b": [text()]}}, {"vars": {"c": text()}}]}


def whole_event() -> dict[str, Any]:
    """Return an event with the secret in all of its free text."""
    return {
        "event_id": "1" * 32,
        "exception": {
            "values": [{"type": "E", "value": text(), "stacktrace": frames()}, {"value": text()}],
        },
        "threads": {"values": [{"stacktrace": frames()}, {"stacktrace": frames()}]},
        "stacktrace": frames(),
        "breadcrumbs": {"values": [{"message": text()}, {"data": {"a": text()}}]},
        "spans": [{"description": text(), "data": {"a": text()}, "tags": {"a": text()}}, {"tags": [text()]}],
        "logentry": {"message": text(), "formatted": text(), "params": [text()]},
        "message": text(),
        "extra": {"a": text(), SECRET: HARMLESS},
        "tags": {"a": text()},
        "contexts": {"trace": {"data": {"a": text()}, "description": text()}, "other": {"a": text()}},
        "request": {"headers": {"cookie": text(), "other": text(), "host": "example.com"}},
    }


def paths(data: Any, before: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Name each place within nested data."""
    steps = data.keys() if isinstance(data, dict) else range(len(data)) if isinstance(data, list) else ()
    for step in steps:
        yield (*before, step)
        yield from paths(data[step], (*before, step))


def put(data: Any, path: tuple[Any, ...], value: Any) -> None:
    """Put a value in a place."""
    for step in path[:-1]:
        data = data[step]
    data[path[-1]] = value


def redacted(event: Any) -> Any:
    """Redact an event of a request that brought the secret."""
    return in_request(SCOPE, Redaction({}).event, event)


def in_request(scope: dict[str, Any], redact: Callable[[Any, Any], Any], data: Any) -> Any:
    """Redact data while the request of this ASGI scope is served."""

    def serve() -> Any:
        current_request.begin(Request(scope, None, (None, None)))
        return redact(data, {})

    return copy_context().run(serve)


class Odd:
    """Nothing that JSON knows, and that fails whatever is done with it."""

    def __eq__(self, other: object) -> bool:
        raise LookupError

    __hash__ = __bool__ = __len__ = __str__ = __eq__  # type: ignore[assignment]


def cycle() -> Any:
    """Return a list that holds itself, and the secret."""
    found: list[Any] = [text(), {"a": text()}]
    found.append(found)
    found[1]["b"] = found
    return found


def nest(levels: int) -> Any:
    """Return lists and dicts within one another, the secret innermost."""
    found: Any = text()
    for _ in range(levels):
        found = {"a": [found]}
    return found


SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.just(text()) | st.text(max_size=5)
ODD = st.recursive(
    SCALARS | st.builds(Odd) | st.builds(cycle) | st.just({SECRET}) | st.just(text().encode()),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.tuples(inner, inner)
        | st.dictionaries(st.just(SECRET) | st.integers(), inner, max_size=3)
        | st.builds(AnnotatedValue, inner, st.just({"len": 3}))
    ),
    max_leaves=6,
)


def texts(data: Any) -> Iterator[str]:
    """Yield all text within data, that of its keys too, each place once; fail for what is not of JSON's types."""
    seen: set[int] = set()
    pending = [data]
    while pending:
        each = pending.pop()
        if isinstance(each, str):
            yield each
        elif isinstance(each, (dict, list)) and id(each) not in seen:
            seen.add(id(each))
            pending += [*each, *each.values()] if isinstance(each, dict) else each
        else:
            assert each is None or type(each) in (bool, int, float, dict, list)


@given(st.sampled_from([(), *paths(whole_event())]), ODD)
def test_an_odd_part_keeps_nothing_from_being_redacted(path: tuple[Any, ...], odd: Any) -> None:
    event = whole_event()
    if path and path[-1] not in ("event_id", "type", "function", "host"):
        put(event, path, odd)
    expected = redacted(whole_event())
    found = redacted(event)
    path = tuple("[Filtered]" if step == SECRET else step for step in path)
    if is_text(path) or isinstance(odd, str):
        assert not any(SECRET in each for each in texts(found))
    assert found.keys() == expected.keys()
    for other in paths(expected):
        if other != path[: len(other)] and path != other[: len(path)]:
            assert at(found, other) == at(expected, other)


def is_text(path: tuple[Any, ...]) -> bool:
    """Whether a place holds text, and not names that the protocol knows: what is in the others is kept."""
    return any(
        name in path for name in ("vars", "value", "message", "data", "tags", "extra", "params", "other")
    )


def at(data: Any, path: tuple[Any, ...]) -> Any:
    """Return what is in a place."""
    for step in path:
        data = data[step]
    return data


def test_an_event_is_redacted_wherever_it_has_text() -> None:
    event = redacted(whole_event())
    assert not any(SECRET in each for each in texts(event))
    assert event["event_id"] == "1" * 32
    assert event["exception"]["values"][0]["type"] == "E"
    assert event["request"]["headers"]["host"] == "example.com"
    kept = [each for each in texts(event) if each.startswith(f"{HARMLESS} ")]
    assert set(kept) == {f"{HARMLESS} [Filtered]"}
    assert (
        len(kept) == sum(each == text() for each in texts(whole_event())) - 1
    )  # but for the cookie's header


def leaves(places: Any, before: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Name each place that redaction looks into, as the code has them; a list's has the index 1."""
    if isinstance(places, dict):
        for name, inner in places.items():
            yield from leaves(inner, (*before, name if isinstance(name, str) else "other"))
    elif isinstance(places, list):
        yield from leaves(places[0], (*before, 1))
    elif places:
        yield before


def nested(path: tuple[Any, ...], value: Any) -> Any:
    """Return a value within the dicts and lists of a path."""
    for step in reversed(path):
        value = {step: value} if isinstance(step, str) else [{}, value]
    return value


NAMED = "https://somebody:passw0rd@host/x?token=abc&page=2"
WITHOUT = "https://somebody:[Filtered]@host/x?token=[Filtered]&page=2"


@pytest.mark.parametrize("path", [*leaves({**redaction._EVENT, **redaction._REQUEST})], ids=str)
def test_each_place_of_an_event_has_its_credentials_replaced(path: tuple[Any, ...]) -> None:
    if path[-1] == "headers":
        path = (*path, "other")
    assert at(redacted(nested(path, NAMED)), path) == WITHOUT


@pytest.mark.parametrize("name", redaction._TELEMETRY)
def test_each_place_of_other_telemetry_has_its_credentials_replaced(name: str) -> None:
    found = in_request(SCOPE, Redaction({}).attributes, {name: NAMED})
    assert found[name] == WITHOUT


@pytest.mark.parametrize("name", [name for name in DEFAULT_OPTIONS if name.startswith("before_send")])
def test_no_hook_before_which_the_sdk_sends_is_left_out(name: str) -> None:
    arguments: dict[str, Any] = {"trace_lifecycle": "stream"}
    redaction.add(arguments)
    places = redaction._TELEMETRY if name.endswith(("log", "metric", "span")) else redaction._EVENT
    data = {next(iter(places)): text(), **({"message": text()} if places is redaction._EVENT else {})}
    assert not any(SECRET in each for each in texts(in_request(SCOPE, arguments[name], data)))


def test_lists_where_the_protocol_allows_them_are_redacted() -> None:
    event = whole_event()
    for name in ("exception", "threads", "breadcrumbs"):
        event[name] = event[name]["values"]
    event["request"]["headers"] = [["cookie", "short"], ["other", text()]]
    event["tags"] = [["a", text()]]
    event = redacted(event)
    assert not any(SECRET in each for each in texts(event))
    assert event["request"]["headers"] == [["cookie", "[Filtered]"], ["other", "harmless [Filtered]"]]


@given(ODD)
def test_a_log_a_metric_and_a_span_are_redacted_whatever_they_hold(odd: Any) -> None:
    found = in_request(SCOPE, Redaction({}).attributes, {"name": odd, "body": odd, "attributes": {"a": odd}})
    assert found.keys() == {"name", "body", "attributes"}
    assert not any(SECRET in each for each in texts(found))


def test_what_is_shared_stays_shared_and_what_is_cyclic_cyclic() -> None:
    found = redacted({"extra": {"a": cycle()}})["extra"]["a"]
    assert found[2] is found
    assert found[1]["b"] is found
    assert found[0] == f"{HARMLESS} [Filtered]"


@pytest.mark.parametrize("credentials", ["é", "Basic é", "Basic ====", "Basic /w==", "Basic", "", "\ud800"])
def test_no_credentials_of_a_client_keep_its_events_from_being_sent(credentials: str) -> None:
    scope = {"headers": [(b"authorization", credentials.encode("utf-8", "surrogatepass"))]}
    assert in_request(scope, Redaction({}).event, {"message": HARMLESS}) == {"message": HARMLESS}


def test_what_is_nested_deeper_than_the_stack_is_redacted() -> None:
    (innermost,) = (each for each in texts(redacted({"extra": nest(5_000)})) if HARMLESS in each)
    assert innermost == f"{HARMLESS} [Filtered]"


def test_where_the_stack_is_all_but_full_nothing_leaves_unredacted() -> None:
    outcomes = set()
    for depth in range(sys.getrecursionlimit()):
        event = at_depth(depth, whole_event())
        outcomes.add("raised" if event is None else event["message"])
        assert event is None or not any(SECRET in each for each in texts(event))
    assert outcomes == {"raised", "[Filtered]", f"{HARMLESS} [Filtered]"}


def at_depth(depth: int, event: Any) -> Any:
    """Redact an event with so many frames on the stack; None where it was too full to begin with it."""
    try:
        return at_depth(depth - 1, event) if depth else redacted(event)
    except RecursionError:
        return None


def test_what_the_sdk_has_filtered_in_a_query_stays_as_it_is() -> None:
    query = "auth=%5BFiltered%5D&token=[Filtered]&sid="
    assert Sensitive(None, addresses=False).replaced_in_url(f"{query}abc") == f"{query}[Filtered]"


NAMES = st.sampled_from(
    ["a", "sid", "token", "cookie", "x-real-ip", "host", "headers", "type", "client", "forwarded"]
)
TEXTS = st.sampled_from(
    [
        HARMLESS,
        text(),
        SECRET,
        "203.0.113.9",
        "/path?token=abc",
        "/path?page=1",
        "{'password': 'x'}",
        "cut s3ss1...",
        "a:b",
        "q=0.9",
    ]
)
DATA = st.recursive(
    st.none() | st.booleans() | st.integers() | NAMES | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES | TEXTS, inner, max_size=3),
    max_leaves=8,
)


@given(data=DATA, addresses=st.booleans())
def test_a_quick_look_finds_what_a_thorough_one_finds(data: Any, addresses: bool) -> None:
    sensitive = Sensitive(SCOPE, addresses=addresses)
    # With a cookie beside it, there is no quick look.
    thorough = sensitive.replaced_in([data, {"cookie": "x"}, None])[0]
    assert sensitive.replaced_in(data) == thorough
    assert not sensitive.is_clean(data) or thorough == data


@given(headers=st.dictionaries(NAMES, TEXTS, max_size=4))
def test_a_quick_look_at_headers_finds_what_a_thorough_one_finds(headers: dict[str, str]) -> None:
    sensitive = Sensitive(SCOPE, addresses=True)
    thorough = sensitive.replaced_in_headers({**headers, "cookie": "x"})
    assert {**sensitive.replaced_in_headers(headers), "cookie": FILTERED} == thorough
