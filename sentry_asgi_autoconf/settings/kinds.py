"""What a setting is declared with: its kind, which says how a value is read, what is allowed, and its JSON Schema."""

from __future__ import annotations

from typing import Any, Callable, Dict, FrozenSet, List, Mapping, NamedTuple, Union

from sentry_asgi_autoconf.import_strings import ImportReference, IntegrationReference
from sentry_asgi_autoconf.settings import formats, values
from sentry_asgi_autoconf.settings.values import Shape


class Kind(NamedTuple):
    """What the values of a setting are."""

    words: str  # that follow "is not"
    # From a variable's text, or a value of JSON or TOML; raises ValueError with a reason that quotes no secret.
    read: Callable[[Any], Any]
    shape: Shape  # the JSON Schema of the value in JSON and TOML
    type: Any  # what is read


class Option(NamedTuple):
    """A setting: its name, what its values are, and what people are told of it."""

    name: str
    kind: Kind
    example: str  # the text of a variable
    description: str
    default: Any = None  # nothing applies unless somebody says so, or the SDK has the default
    is_secret: bool = False  # shown in no message
    is_environment_only: bool = False  # needed before there are files to read
    prefix: str = "SENTRY_"

    @property
    def variable(self) -> str:
        """The environment variable that sets it."""
        return f"{self.prefix}{self.name}".upper()

    @property
    def key(self) -> str:
        """The key that sets it in a file: the variable's name without SENTRY_, in lower case."""
        return f"{self.prefix}{self.name}".lower()[len("sentry_") :]

    def read(self, value: Any) -> Any:
        """Return what a variable's text, or a value of JSON or TOML, stands for. Raises ValueError."""
        return None if value is None and self.default is None else self.kind.read(value)


def by_name(*options: Option) -> Mapping[str, Option]:
    """Return the options by name, in their order."""
    return {option.name: option for option in options}


def _by_shape(
    words: str, shape: Shape, type_: Any, parsed: Callable[[Any], Any] = lambda value: value
) -> Kind:
    return Kind(words, lambda value: values.read(shape, parsed(value)), shape, type_)


def _choice(*words: str) -> Kind:
    shape: Shape = {"type": "string", "enum": list(words)}
    return _by_shape(f"one of {', '.join(words)}", shape, str, values.lower_case)


def _text(pattern: str) -> Shape:
    # In what Python's and ECMA's regular expressions share.
    return {"type": "string", "pattern": rf"^\s*(?:{pattern})\s*$"}


def _array(item: Shape) -> Shape:
    return {"type": "array", "items": item}


def _object(required: tuple[str, ...] = (), **properties: Shape) -> Shape:
    shape: Shape = {"type": "object", "properties": properties, "additionalProperties": False}
    return {**shape, "required": list(required)} if required else shape


def _list(what: str, read: Callable[[Any], Any], item: Shape, type_: Any = List[str]) -> Kind:
    return Kind(f"a list of {what}, comma-separated or a JSON array", read, _array(item), type_)


ANY_TEXT: Shape = {"type": "string"}
_FLAG: Shape = {"type": "boolean"}
_RATE: Shape = {"type": "number", "minimum": 0, "maximum": 1}
_WHOLE: Shape = {"type": "integer", "minimum": 0}
_NAME = _text(r"[^\s,]+")
# Letter case does not matter in the scheme of a URL.
_HTTP = "[hH][tT][tT][pP][sS]?"
_SOCKS = "[sS][oO][cC][kK][sS](?:4[aA]?|5[hH]?)"

BOOLEAN = _by_shape("true or false", _FLAG, bool, values.word_as_boolean)
RATE = _by_shape("a number from 0 to 1", _RATE, float)
COUNT = _by_shape("a whole number, 0 or greater", _WHOLE, int)
MILLISECONDS = _by_shape("a whole number of milliseconds, 0 or greater", _WHOLE, int)
PER_SECOND = _by_shape(
    "a number from 0.001 to 1000000", {"type": "number", "minimum": 0.001, "maximum": 1_000_000}, float
)
PER_MINUTE = _by_shape("a whole number, 1 or greater", {"type": "integer", "minimum": 1}, int)
SECONDS = _by_shape("a number of seconds, 0 or greater", {"type": "number", "minimum": 0}, float)
TEXT = _by_shape("text", ANY_TEXT, str)
FILE_PATH = _by_shape("the path of a file or directory", ANY_TEXT, str)
_DSN = _text(rf"{_HTTP}://.+@.+/.*\d.*")
DSN = Kind("a DSN such as https://<key>@<host>/<project number>", formats.dsn, _DSN, str)
_PROXY = _text(rf"(?:{_HTTP}|{_SOCKS})://.+")
PROXY_URL = Kind(
    "a URL of scheme http, https, socks4 or socks5 such as http://proxy:3128", formats.proxy_url, _PROXY, str
)
BOOLEAN_OR_URL = Kind(
    "true, false or a URL such as http://localhost:8969/stream",
    formats.boolean_or_url,
    {"anyOf": [_FLAG, _text(rf"{_HTTP}://.+|[\w.-]+:\d+(?:/\S*)?")]},
    Union[bool, str],
)

BODY_SIZE = _choice("never", "small", "medium", "always")
TRACE_LIFECYCLE = _choice("static", "stream")
PROFILE_LIFECYCLE = _choice("manual", "trace")
PROFILER_MODE = _choice("thread", "gevent", "sleep")
INSTRUMENTER = _choice("sentry", "otel")

_STATUS_CODE: Shape = {"type": "integer", "minimum": 100, "maximum": 599}
_STATUS_CODE_RANGE = _text(r"[1-5]\d\d(?:\s*-\s*[1-5]\d\d)?")
_FUNCTION = _text(r"[^\s.]+(?:\.[^\s.]+)+")
_QUALIFIED = {"type": "object", "properties": {"qualified_name": _FUNCTION}, "required": ["qualified_name"]}
_REGEX = _object(regex=ANY_TEXT, required=("regex",))
_PARTS = _object(name={"anyOf": [ANY_TEXT, _REGEX]}, attributes={"type": "object"})
_SPAN_RULE = {**_PARTS, "minProperties": 1}
NAMES = _list("names", lambda value: values.read(_array(ANY_TEXT), values.list_items(value)), ANY_TEXT)
PATTERNS = _list("regular expressions", formats.patterns, ANY_TEXT)
SCRUB_PATTERNS = _list("names of patterns and regular expressions", formats.scrub_patterns, ANY_TEXT)
ERRORS = _list("class names or import strings package.module:Error", formats.errors, _NAME)
FUNCTIONS = _list(
    "functions package.module.function",
    formats.functions,
    {"anyOf": [_FUNCTION, _QUALIFIED]},
    List[Dict[str, str]],
)
_CODES = _array({"anyOf": [_STATUS_CODE, _STATUS_CODE_RANGE]})
STATUS_CODES = Kind(
    "a list of status codes and ranges such as 404,500-599", formats.status_codes, _CODES, FrozenSet[int]
)
SOCKET_OPTIONS = Kind(
    'a JSON array of [level, name, value] such as [["SOL_SOCKET", "SO_KEEPALIVE", 1]]',
    formats.socket_options,
    _array({**_array({"type": ["integer", "string"]}), "minItems": 3, "maxItems": 3}),
    List[Any],
)
SPAN_RULES = Kind(
    'a comma-separated list of span names or a JSON array of names and rules {"name": …, "attributes": …}',
    formats.span_rules,
    _array({"anyOf": [ANY_TEXT, _REGEX, _SPAN_RULE]}),
    List[Any],
)
_COLON = _text(r"[^\s:]+:[^\s:]+")
REFERENCE = Kind("an import string package.module:attribute", formats.reference, _COLON, ImportReference)
INTEGRATIONS = Kind(
    "a list of integrations, by short name or import string package.module:Class",
    formats.integrations,
    _array(_NAME),
    List[IntegrationReference],
)
_ANYTHING: Shape = {"type": "object", "additionalProperties": True}
_TEXTS: Shape = {"type": "object", "additionalProperties": ANY_TEXT}
MAPPING = _by_shape("a JSON object", _ANYTHING, Dict[str, Any], values.json_value)
MAPPINGS = _by_shape(
    "a JSON object of objects",
    {"type": "object", "additionalProperties": _ANYTHING},
    Dict[str, Dict[str, Any]],
    values.json_value,
)
TEXT_MAPPING = _by_shape("a JSON object whose values are text", _TEXTS, Dict[str, str], values.json_value)

# What to collect of data with keys: nothing, all but some, or only some.
_MODE: Shape = {"type": "string", "enum": ["off", "denylist", "allowlist"]}
_BY_KEY = _object(mode=_MODE, terms=_array(ANY_TEXT), required=("mode",))
_BODIES = ["incoming_request", "outgoing_request", "outgoing_response"]
# The keys of `sentry_sdk._types.DataCollectionUserOptions`. An unknown one is refused: dropped silently, a misspelt one
# would collect what it was meant to keep back.
DATA_COLLECTION = _by_shape(
    'a JSON object such as {"user_info": false, "http_bodies": []}',
    _object(
        user_info=_FLAG,
        cookies=_BY_KEY,
        http_headers=_object(request=_BY_KEY),
        http_bodies=_array({"type": "string", "enum": _BODIES}),
        url_query_params=_BY_KEY,
        graphql=_object(document=_FLAG, variables=_FLAG),
        gen_ai=_object(inputs=_FLAG, outputs=_FLAG),
        database_query_data=_FLAG,
        queues=_FLAG,
        stack_frame_variables={"anyOf": [_BY_KEY, _FLAG]},
        frame_context_lines=_WHOLE,
    ),
    Dict[str, Any],
    values.json_value,
)

# Of this package's own settings.
_LEVEL: Shape = {"type": "string", "enum": ["debug", "info", "warning", "warn", "error"]}
LOG_LEVEL = _by_shape("one of debug, info, warning, error", _LEVEL, str, formats.log_level)
PROCESSES = _choice("servers", "guarded", "all")
INSTRUMENTATION = _choice("deferred", "eager")
ON_APP_INIT = _choice("merge", "keep", "replace")
PATH_GLOBS = _list('paths that start with "/" or "*"', formats.globs, _text("[/*].*"))
_METHOD_AND_PATH = {"pattern": r"^\s*(?:[A-Za-z]+\s+)?[/*]"}
RATES_BY_PATH = Kind(
    'a JSON object of rates from 0 to 1 such as {"GET /health": 0, "/api/*": 0.5}',
    formats.rates,
    {"type": "object", "propertyNames": _METHOD_AND_PATH, "additionalProperties": _RATE},
    Dict[str, float],
)
MODULES = _list("module names", formats.modules, _NAME)
DISTRIBUTIONS = _list("distributions", formats.distributions, _NAME)
TAGS = Kind(
    "a list of tags such as team=shop,region=eu-1, or a JSON object of texts",
    formats.tags,
    {
        "anyOf": [
            _text(r"[^=,]+=[^,]*(?:,[^=,]+=[^,]*)*"),
            {**_TEXTS, "propertyNames": {"pattern": r"^[A-Za-z0-9_.:-]{1,200}$"}},
        ]
    },
    Dict[str, str],
)
FROM_PLATFORM = _list(
    "release, environment, server_name, tags, in_app, or none alone",
    formats.from_platform,
    {"type": "string", "enum": ["release", "environment", "server_name", "tags", "in_app", "none"]},
)
HEALTH_CHECKS = _choice("report", "ignore")
APP_GLOBS = _list("globs package.module:attribute", formats.apps, _text("[^:]*:[^:]*"))
