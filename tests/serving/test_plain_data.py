"""What goes past the SDK's serialiser comes out as it would have come from it."""

from __future__ import annotations

import copy
import enum
import logging
import math
from datetime import datetime, timezone
from typing import Any, Callable

import pytest
import sentry_sdk
from hypothesis import given
from hypothesis import strategies as st
from sentry_sdk.scrubber import EventScrubber
from sentry_sdk.serializer import serialize
from sentry_sdk.utils import AnnotatedValue  # type: ignore[attr-defined]

from sentry_asgi_autoconf.serving import redaction


class Text(str, enum.Enum):
    """Text that is more than a string."""

    ROUTE = "route"


# Not sampled as it is: Hypothesis may take it apart again, and knows the plain types alone.
ROUTE: st.SearchStrategy[Any] = st.builds(Text, st.just("route"))
LEAVES: st.SearchStrategy[Any] = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=12)
    | st.sampled_from(["x" * 30, "ü" * 20, "x" * 5000, b"bytes", math.nan, object, ("a", 1), {"a"}])
    | ROUTE
    | st.just(datetime(2026, 5, 4, tzinfo=timezone.utc))
)
KEYS: st.SearchStrategy[Any] = st.sampled_from(["a", "b", "password", "data", "description", 1]) | ROUTE
VALUES = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=4),
    max_leaves=12,
)
TABLES = st.dictionaries(KEYS, VALUES, max_size=4)
EVENTS = st.fixed_dictionaries(
    {},
    optional={
        "contexts": st.dictionaries(st.text(max_size=5), VALUES, max_size=3),
        "exception": st.fixed_dictionaries(
            {
                "values": st.lists(
                    st.fixed_dictionaries(
                        {"stacktrace": st.fixed_dictionaries({"frames": st.lists(TABLES, max_size=2)})}
                    )
                )
            }
        ),
        "spans": st.lists(TABLES, max_size=3),
        "request": st.fixed_dictionaries({"headers": TABLES, "data": VALUES}),
        "modules": TABLES,
        "sdk": TABLES,
        "tags": VALUES,
        "extra": TABLES,
    },
)


def serialised(event: dict[str, Any], scrubber: Any, longest: int | None) -> Any:
    """Return what the client would make of an event."""
    event = copy.deepcopy(event)
    scrubber.scrub_event(event)
    return serialize(event, max_value_length=longest)


@pytest.mark.parametrize("longest", [None, 16, 1024, 100_000])
@given(event=EVENTS)
def test_an_event_is_what_the_serialiser_makes_of_it(longest: int | None, event: dict[str, Any]) -> None:
    arguments: dict[str, Any] = {"max_value_length": longest}
    redaction.add(arguments)
    found = serialised(event, arguments["event_scrubber"], longest)
    assert repr(found) == repr(serialised(event, EventScrubber(), longest))
    assert all(isinstance(each, (dict, list, str, int, float, bool, type(None))) for each in found.values())


def test_what_a_scrubber_annotates_is_said_in_the_event() -> None:
    arguments: dict[str, Any] = {}
    redaction.add(arguments)
    event = {
        "request": {"headers": {"authorization": "Bearer x"}},
        "contexts": {"a": AnnotatedValue({}, {"len": 9})},
    }
    found = serialised(event, arguments["event_scrubber"], None)
    assert found["_meta"] == {
        "request": {"headers": {"authorization": {"": {"rem": [["!config", "s"]]}}}},
        "contexts": {"a": {"": {"len": 9}}},
    }


def test_a_hook_may_change_what_it_is_given() -> None:
    kept = {"name": "kept"}
    arguments: dict[str, Any] = {}
    redaction.add(arguments)
    found = serialised_in_place({"contexts": {"of the scope": kept}}, arguments["event_scrubber"])
    found["contexts"]["of the scope"]["name"] = "changed"
    assert kept == {"name": "kept"}


def serialised_in_place(event: dict[str, Any], scrubber: Any) -> Any:
    """Return what the client makes of an event whose parts are shared with a scope."""
    scrubber.scrub_event(event)
    return serialize(event)


@pytest.mark.parametrize("nest", [lambda inner: {"a": inner}, lambda inner: [inner]], ids=["dicts", "lists"])
def test_what_is_nested_too_deeply_is_left_to_the_serialiser_without_an_error(
    nest: Callable[[Any], Any], caplog: pytest.LogCaptureFixture
) -> None:
    deep: Any = "end"
    for _ in range(5000):
        deep = nest(deep)
    arguments: dict[str, Any] = {}
    redaction.add(arguments)
    event = {"contexts": {"a": {"deep": deep}}, "spans": [{"data": {"b": 1}}]}
    with sentry_sdk.isolation_scope() as scope:
        # Whose own errors it logs.
        scope.set_client(sentry_sdk.Client(dsn="https://key@host/1", debug=True, default_integrations=False))
        arguments["event_scrubber"].scrub_event(event)
    assert [record for record in caplog.records if record.levelno >= logging.ERROR] == []
