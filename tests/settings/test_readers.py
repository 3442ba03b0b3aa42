"""What text, JSON and TOML hold is read as pydantic reads it, whose rules people know."""

from typing import Any, Dict, List, Literal, Optional, Tuple, Union

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError
from typing_extensions import Annotated

from sentry_asgi_autoconf.settings import kinds, values
from tests.settings.test_fuzz import JSON, TEXTS
from tests.settings.test_public_model import LONG, NUMBERS, VALUES, WORDS, NoValue, same


class Rules(BaseModel):
    model_config = ConfigDict(extra="forbid")


class ByKey(Rules):
    mode: Literal["off", "denylist", "allowlist"]
    terms: Optional[List[str]] = None


class Headers(Rules):
    request: Optional[ByKey] = None


class GraphQL(Rules):
    document: Optional[bool] = None
    variables: Optional[bool] = None


class GenAI(Rules):
    inputs: Optional[bool] = None
    outputs: Optional[bool] = None


class DataCollection(Rules):
    """The keys of `sentry_sdk._types.DataCollectionUserOptions`."""

    user_info: Optional[bool] = None
    cookies: Optional[ByKey] = None
    http_headers: Optional[Headers] = None
    http_bodies: Optional[List[Literal["incoming_request", "outgoing_request", "outgoing_response"]]] = None
    url_query_params: Optional[ByKey] = None
    graphql: Optional[GraphQL] = None
    gen_ai: Optional[GenAI] = None
    database_query_data: Optional[bool] = None
    queues: Optional[bool] = None
    stack_frame_variables: Optional[Union[bool, ByKey]] = None
    frame_context_lines: Optional[Annotated[int, Field(ge=0)]] = None


SCHEMAS: Dict[str, Tuple[values.Shape, Any]] = {
    "a boolean": ({"type": "boolean"}, bool),
    "a whole number": ({"type": "integer", "minimum": 0}, Annotated[int, Field(ge=0)]),
    "a number": ({"type": "number", "minimum": 0}, Annotated[float, Field(ge=0, allow_inf_nan=False)]),
    "a rate": (kinds.RATE.shape, Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]),
    "a text": ({"type": "string"}, str),
    "a choice": ({"type": "string", "enum": ["a", "warn"]}, Literal["a", "warn"]),
    "texts": ({"type": "array", "items": {"type": "string"}}, List[str]),
    "a mapping": ({"type": "object", "additionalProperties": True}, Dict[str, Any]),
    "texts by key": ({"type": "object", "additionalProperties": {"type": "string"}}, Dict[str, str]),
}
ADAPTERS = {name: TypeAdapter(kind) for name, (_, kind) in SCHEMAS.items()}
BLANKS = st.sampled_from(
    ["", "", " ", "\t\n", "\x0b", "\x1c", "\x85", "\xa0", "\u180e", "\u2003", "\u2028", "\u200b"]
)
DIGITS = st.text("0123456789_.eE+-", max_size=8)
NUMBERS_OF_TEXT = st.tuples(BLANKS, DIGITS, BLANKS).map("".join)

FLAGS = st.sampled_from([True, False, None, 0, 1, 2, 1.0, 0.5, "yes", "NO", " on", "enabled", "\udcff"])
KEYS = st.fixed_dictionaries(
    {},
    optional={
        "mode": st.sampled_from(["off", "denylist", "allowlist", "Off", None, 1]),
        "terms": st.none() | st.lists(st.sampled_from(["a", "", 1, None]), max_size=2) | st.just("a"),
        "other": st.just(1),
    },
)
BODIES = st.sampled_from(["incoming_request", "outgoing_request", "outgoing_response", "other", 1])
FLAGS_BY_KEY = st.dictionaries(
    st.sampled_from(["document", "variables", "inputs", "outputs"]), FLAGS, max_size=2
)
PARTS = {
    "user_info": FLAGS,
    "cookies": KEYS,
    "http_headers": st.fixed_dictionaries({}, optional={"request": KEYS, "response": KEYS}),
    "http_bodies": st.lists(BODIES, max_size=2),
    "url_query_params": KEYS,
    "graphql": FLAGS_BY_KEY,
    "gen_ai": FLAGS_BY_KEY,
    "database_query_data": FLAGS,
    "queues": FLAGS,
    "stack_frame_variables": FLAGS | KEYS,
    "frame_context_lines": NUMBERS_OF_TEXT | st.integers() | st.floats(),
    "other": st.just(True),
}
COLLECTIONS = st.fixed_dictionaries(
    {}, optional={name: part | st.none() | JSON for name, part in PARTS.items() if name != "other"}
) | st.fixed_dictionaries({}, optional=PARTS)


def ours(name: str, value: Any) -> Any:
    """Return what we have of a value."""
    try:
        return values.read(SCHEMAS[name][0], value)
    except ValueError:
        return NoValue


def pydantic_s(name: str, value: Any) -> Any:
    """Return what pydantic has of it."""
    try:
        return ADAPTERS[name].validate_python(value)
    except ValidationError:
        return NoValue


@pytest.mark.parametrize("name", SCHEMAS)
def test_each_value_is_read_as_by_pydantic(name: str) -> None:
    for value in [*NUMBERS, *LONG, *WORDS, *VALUES, None, 2.0**63, -(2.0**63), 10**30]:
        assert same(ours(name, value), pydantic_s(name, value)), value


@settings(max_examples=500, deadline=None)
@given(st.sampled_from(sorted(SCHEMAS)), NUMBERS_OF_TEXT | TEXTS | JSON)
def test_any_value_is_read_as_by_pydantic(name: str, value: Any) -> None:
    assert same(ours(name, value), pydantic_s(name, value))


@settings(max_examples=300, deadline=None)
@given(COLLECTIONS)
def test_what_to_collect_is_read_as_by_pydantic(value: Dict[str, Any]) -> None:
    try:
        expected: Any = DataCollection.model_validate(value).model_dump(exclude_none=True)
    except ValidationError as error:
        # Where it is wrong is told alike too.
        first = error.errors()[0]["loc"]
        with pytest.raises(values.MismatchError) as raised:
            kinds.DATA_COLLECTION.read(value)
        assert _told(raised.value.steps) == _told(first)
    else:
        assert same(kinds.DATA_COLLECTION.read(value), expected)


def _told(steps: Tuple[object, ...]) -> Tuple[object, ...]:
    """Return the steps to a part, without what tells the alternatives of one apart."""
    return tuple(step for step in steps if step != "bool")
