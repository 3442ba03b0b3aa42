"""Field types of the settings: what each accepts, in code for pydantic and in words for people."""

from dataclasses import dataclass, field
from typing import Any, Callable, Dict, FrozenSet, List, Optional

from pydantic import BeforeValidator, Field, PlainValidator
from typing_extensions import Annotated, Literal

from sentry_asgi_autoconf.references import ImportReference
from sentry_asgi_autoconf.settings import formats, shapes, texts


@dataclass(frozen=True)
class Allowed:
    """What a type accepts: in words that follow "is not", and as a JSON Schema, where pydantic knows none."""

    words: str
    shape: Optional[shapes.Shape] = field(default=None, compare=False)

    def __get_pydantic_json_schema__(self, core_schema: Any, handler: Callable[[Any], Any]) -> Any:
        """Give pydantic the schema."""
        return handler(core_schema) if self.shape is None else dict(self.shape)


Boolean = Annotated[bool, BeforeValidator(texts.boolean), Allowed("true or false")]
Rate = Annotated[float, Field(ge=0, le=1, allow_inf_nan=False), Allowed("a number from 0 to 1")]
Count = Annotated[int, Field(ge=0), Allowed("a whole number, 0 or greater")]
Milliseconds = Annotated[int, Field(ge=0), Allowed("a whole number of milliseconds, 0 or greater")]
Seconds = Annotated[float, Field(ge=0, allow_inf_nan=False), Allowed("a number of seconds, 0 or greater")]
Text = Annotated[str, Allowed("text")]
FilePath = Annotated[str, Allowed("the path of a file or directory")]

Dsn = Annotated[
    str,
    PlainValidator(formats.dsn),
    Allowed("a DSN such as https://<key>@<host>/<project number>", shapes.DSN),
]
ProxyUrl = Annotated[
    str,
    PlainValidator(formats.proxy_url),
    Allowed("a URL of scheme http, https, socks4 or socks5 such as http://proxy:3128", shapes.PROXY_URL),
]
BooleanOrUrl = Annotated[
    Any,
    PlainValidator(formats.boolean_or_url),
    Allowed("true, false or a URL such as http://localhost:8969/stream", shapes.BOOLEAN_OR_URL),
]

BodySize = Annotated[
    Literal["never", "small", "medium", "always"],
    BeforeValidator(texts.lower_case),
    Allowed("one of never, small, medium, always"),
]
TraceLifecycle = Annotated[
    Literal["static", "stream"], BeforeValidator(texts.lower_case), Allowed("one of static, stream")
]
ProfileLifecycle = Annotated[
    Literal["manual", "trace"], BeforeValidator(texts.lower_case), Allowed("one of manual, trace")
]
ProfilerMode = Annotated[
    Literal["thread", "gevent", "sleep"],
    BeforeValidator(texts.lower_case),
    Allowed("one of thread, gevent, sleep"),
]
Instrumenter = Annotated[
    Literal["sentry", "otel"], BeforeValidator(texts.lower_case), Allowed("one of sentry, otel")
]

Names = Annotated[
    List[str], BeforeValidator(texts.list_items), Allowed("a list of names, comma-separated or a JSON array")
]
Patterns = Annotated[
    List[str],
    PlainValidator(formats.patterns),
    Allowed("a list of regular expressions, comma-separated or a JSON array", shapes.TEXTS),
]
StatusCodes = Annotated[
    FrozenSet[int],
    PlainValidator(formats.status_codes),
    Allowed("a list of status codes and ranges such as 404,500-599", shapes.STATUS_CODES),
]
Errors = Annotated[
    List[str],
    PlainValidator(formats.errors),
    Allowed(
        "a list of class names or import strings package.module:Error, comma-separated or a JSON array",
        shapes.NAMES,
    ),
]
Functions = Annotated[
    List[Dict[str, str]],
    PlainValidator(formats.functions),
    Allowed("a list of functions package.module.function, comma-separated or a JSON array", shapes.FUNCTIONS),
]
SocketOptions = Annotated[
    List[Any],
    PlainValidator(formats.socket_options),
    Allowed(
        'a JSON array of [level, name, value] such as [["SOL_SOCKET", "SO_KEEPALIVE", 1]]',
        shapes.SOCKET_OPTIONS,
    ),
]
SpanRules = Annotated[
    List[Any],
    PlainValidator(formats.span_rules),
    Allowed(
        'a comma-separated list of span names or a JSON array of names and rules {"name": …, "attributes": …}',
        shapes.SPAN_RULES,
    ),
]
Mapping = Annotated[Dict[str, Any], BeforeValidator(texts.json_value), Allowed("a JSON object")]
TextMapping = Annotated[
    Dict[str, str], BeforeValidator(texts.json_value), Allowed("a JSON object whose values are text")
]

Reference = Annotated[
    ImportReference,
    PlainValidator(formats.reference),
    Allowed("an import string package.module:attribute", shapes.REFERENCE),
]
Integrations = Annotated[
    List[Any],
    PlainValidator(formats.integrations),
    Allowed("a list of integrations, by short name or import string package.module:Class", shapes.NAMES),
]
