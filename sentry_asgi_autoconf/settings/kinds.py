"""The kinds of settings: how a value is read, what is allowed in words, and its JSON Schema."""

from __future__ import annotations

from typing import Any, Callable, Dict, FrozenSet, List, NamedTuple, Union

from sentry_asgi_autoconf.import_strings import ImportReference, IntegrationReference
from sentry_asgi_autoconf.settings import data_collection, formats, scalars, shapes


class Kind(NamedTuple):
    """What the values of a setting are.

    `words` follow "is not". `read` takes a variable's text, or a value of JSON or TOML; it returns one of `type`, or
    raises ValueError with a reason that quotes no secret. `shape` is the JSON Schema of the value in JSON and TOML.
    """

    words: str
    read: Callable[[Any], Any]
    shape: shapes.Shape
    type: Any


def _choice(*words: str) -> Kind:
    """Return the kind that is one of these words, in any letter case."""
    choose = scalars.choice(*words)
    shape: shapes.Shape = {"type": "string", "enum": list(words)}
    return Kind(f"one of {', '.join(words)}", lambda value: choose(scalars.lower_case(value)), shape, str)


BOOLEAN = Kind(
    "true or false", lambda value: scalars.boolean(scalars.boolean_of_text(value)), {"type": "boolean"}, bool
)
RATE = Kind("a number from 0 to 1", scalars.rate, shapes.RATE, float)
COUNT = Kind("a whole number, 0 or greater", scalars.whole_number, shapes.WHOLE_NUMBER, int)
MILLISECONDS = Kind(
    "a whole number of milliseconds, 0 or greater", scalars.whole_number, shapes.WHOLE_NUMBER, int
)
SECONDS = Kind("a number of seconds, 0 or greater", scalars.number, {"type": "number", "minimum": 0}, float)
TEXT = Kind("text", scalars.text, shapes.ANY_TEXT, str)
FILE_PATH = Kind("the path of a file or directory", scalars.text, shapes.ANY_TEXT, str)
DSN = Kind("a DSN such as https://<key>@<host>/<project number>", formats.dsn, shapes.DSN, str)
PROXY_URL = Kind(
    "a URL of scheme http, https, socks4 or socks5 such as http://proxy:3128",
    formats.proxy_url,
    shapes.PROXY_URL,
    str,
)
BOOLEAN_OR_URL = Kind(
    "true, false or a URL such as http://localhost:8969/stream",
    formats.boolean_or_url,
    shapes.BOOLEAN_OR_URL,
    Union[bool, str],
)

BODY_SIZE = _choice("never", "small", "medium", "always")
TRACE_LIFECYCLE = _choice("static", "stream")
PROFILE_LIFECYCLE = _choice("manual", "trace")
PROFILER_MODE = _choice("thread", "gevent", "sleep")
INSTRUMENTER = _choice("sentry", "otel")

NAMES = Kind(
    "a list of names, comma-separated or a JSON array",
    lambda value: scalars.texts(scalars.list_items(value)),
    shapes.TEXTS,
    List[str],
)
PATTERNS = Kind(
    "a list of regular expressions, comma-separated or a JSON array",
    formats.patterns,
    shapes.TEXTS,
    List[str],
)
STATUS_CODES = Kind(
    "a list of status codes and ranges such as 404,500-599",
    formats.status_codes,
    shapes.STATUS_CODES,
    FrozenSet[int],
)
ERRORS = Kind(
    "a list of class names or import strings package.module:Error, comma-separated or a JSON array",
    formats.errors,
    shapes.NAMES,
    List[str],
)
FUNCTIONS = Kind(
    "a list of functions package.module.function, comma-separated or a JSON array",
    formats.functions,
    shapes.FUNCTIONS,
    List[Dict[str, str]],
)
SOCKET_OPTIONS = Kind(
    'a JSON array of [level, name, value] such as [["SOL_SOCKET", "SO_KEEPALIVE", 1]]',
    formats.socket_options,
    shapes.SOCKET_OPTIONS,
    List[Any],
)
SPAN_RULES = Kind(
    'a comma-separated list of span names or a JSON array of names and rules {"name": …, "attributes": …}',
    formats.span_rules,
    shapes.SPAN_RULES,
    List[Any],
)
MAPPING = Kind(
    "a JSON object",
    lambda value: scalars.mapping(scalars.json_value(value)),
    shapes.MAPPING,
    Dict[str, Any],
)
TEXT_MAPPING = Kind(
    "a JSON object whose values are text",
    lambda value: scalars.texts_by_key(scalars.json_value(value)),
    {**shapes.MAPPING, "additionalProperties": shapes.ANY_TEXT},
    Dict[str, str],
)
DATA_COLLECTION = Kind(
    'a JSON object such as {"user_info": false, "http_bodies": []}',
    data_collection.read,
    data_collection.SHAPE,
    Dict[str, Any],
)

REFERENCE = Kind(
    "an import string package.module:attribute", formats.reference, shapes.REFERENCE, ImportReference
)
INTEGRATIONS = Kind(
    "a list of integrations, by short name or import string package.module:Class",
    formats.integrations,
    shapes.NAMES,
    List[IntegrationReference],
)

# Of this package's own settings.
_LEVEL = _choice("debug", "info", "warning", "error")
LOG_LEVEL = Kind(_LEVEL.words, lambda value: _LEVEL.read(formats.log_level(value)), shapes.LOG_LEVELS, str)
PROCESSES = _choice("servers", "guarded", "all")
INSTRUMENTATION = _choice("deferred", "eager")
ON_APP_INIT = _choice("merge", "keep", "replace")
PATH_GLOBS = Kind(
    'a list of paths that start with "/" or "*", comma-separated or a JSON array',
    formats.globs,
    shapes.PATHS,
    List[str],
)
RATES_BY_PATH = Kind(
    'a JSON object of rates from 0 to 1 such as {"GET /health": 0, "/api/*": 0.5}',
    formats.rates,
    shapes.RATES_BY_PATH,
    Dict[str, float],
)
MODULES = Kind(
    "a list of module names, comma-separated or a JSON array", formats.modules, shapes.NAMES, List[str]
)
DISTRIBUTIONS = Kind(
    "a list of distributions, comma-separated or a JSON array", formats.distributions, shapes.NAMES, List[str]
)
APP_GLOBS = Kind(
    "a list of globs package.module:attribute, comma-separated or a JSON array",
    formats.apps,
    shapes.APPS,
    List[str],
)
