"""The shape of `SENTRY_DATA_COLLECTION`.

An unknown key is refused: dropped silently, a misspelt one would collect what it was meant to keep back.
"""

from typing import List, Optional, Union

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field
from typing_extensions import Annotated, Literal

from sentry_asgi_autoconf.settings.texts import json_value
from sentry_asgi_autoconf.settings.types import Allowed


class _Rules(BaseModel):
    model_config = ConfigDict(extra="forbid")


class KeyValueRules(_Rules):
    """What to collect of data with keys: nothing, all but some, or only some."""

    mode: Literal["off", "denylist", "allowlist"]
    terms: Optional[List[str]] = None


class HeaderRules(_Rules):
    """Of which headers."""

    request: Optional[KeyValueRules] = None


class GraphQLRules(_Rules):
    """Of GraphQL requests."""

    document: Optional[bool] = None
    variables: Optional[bool] = None


class GenAIRules(_Rules):
    """Of calls to language models."""

    inputs: Optional[bool] = None
    outputs: Optional[bool] = None


class DataCollectionRules(_Rules):
    """The keys of `sentry_sdk._types.DataCollectionUserOptions`."""

    user_info: Optional[bool] = None
    cookies: Optional[KeyValueRules] = None
    http_headers: Optional[HeaderRules] = None
    http_bodies: Optional[List[Literal["incoming_request", "outgoing_request", "outgoing_response"]]] = None
    url_query_params: Optional[KeyValueRules] = None
    graphql: Optional[GraphQLRules] = None
    gen_ai: Optional[GenAIRules] = None
    database_query_data: Optional[bool] = None
    queues: Optional[bool] = None
    stack_frame_variables: Optional[Union[bool, KeyValueRules]] = None
    frame_context_lines: Optional[Annotated[int, Field(ge=0)]] = None


DataCollection = Annotated[
    DataCollectionRules,
    BeforeValidator(json_value),
    Allowed('a JSON object such as {"user_info": false, "http_bodies": []}'),
]
