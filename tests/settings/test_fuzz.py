"""Whatever the environment holds: nothing is raised, nothing secret shown, nothing invalid handed on."""

from __future__ import annotations

import json
import string
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from sentry_asgi_autoconf.activation.layers import Loaded, load
from sentry_asgi_autoconf.settings.options import SDK_OPTIONS, field_of
from sentry_asgi_autoconf.settings.unknown_names import known_variables

VARIABLES = sorted(known_variables() - {"SENTRY_ASGI_SECRETS_DIR"})
NAMES = (
    st.sampled_from(VARIABLES) | st.text().map("SENTRY_{}".format) | st.text().map("SENTRY_ASGI_{}".format)
)
SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text()
JSON = st.recursive(SCALARS, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=8)
OPTIONS = st.dictionaries(st.sampled_from(sorted(SDK_OPTIONS)) | st.text(), JSON)
NUMBERS = st.integers().map(str) | st.floats().map(str)
LISTS = st.lists(st.text(), max_size=4).map(",".join)
# The operating system hands on bytes that are not UTF-8 as lone surrogates.
TEXTS = st.text(st.characters()) | NUMBERS | LISTS | (JSON | OPTIONS).map(json.dumps)
KEYS = st.text("0123456789abcdef", min_size=32, max_size=32)
SHAPES = st.sampled_from(
    [
        "{}",
        "[{}",
        '["{}"]',
        '{{"a": "{}"}}',
        '{{"{}": 1}}',
        '{{"dsn": "{}"',
        "x,{},y",
        "{}\n",
        "a:{}",
        "('{}')",
    ]
)
BODY_SIZES = ("never", "small", "medium", "always")


def assert_sound(loaded: Loaded) -> None:
    """Check what must hold of every result."""
    assert all(str(problem).isprintable() for problem in loaded.problems)
    assert loaded.sources.keys() == loaded.options.keys()
    known = {name: value for name, value in loaded.options.items() if field_of(name) in SDK_OPTIONS}
    for name, value in known.items():
        assert is_valid(name, value), (name, value)
    assert all(0 <= rate <= 1 for rate in loaded.own.traces_sample_rates.values())
    assert all(path[0] in "/*" for path in loaded.own.excluded_paths)


def is_valid(name: str, value: Any) -> bool:
    """Whether the SDK takes this value, as far as it can be said by kind of option."""
    if name.endswith("sample_rate"):
        return isinstance(value, float) and 0 <= value <= 1
    if name.startswith(("max_", "transport_queue")) and name != "max_request_body_size":
        return isinstance(value, int) and value >= 0
    if name == "max_request_body_size":
        return value in BODY_SIZES
    if name.startswith(("enable_", "include_")):
        return isinstance(value, bool)
    if name in ("environment", "release", "dist", "dsn"):
        return isinstance(value, str) and bool(value.strip())
    return value is not None


@settings(max_examples=300, deadline=None)
@given(st.dictionaries(NAMES, TEXTS, max_size=12))
def test_any_environment_is_read_without_an_exception(environ: dict[str, str]) -> None:
    assert_sound(load(environ))


@settings(max_examples=100, deadline=None)
@given(OPTIONS)
def test_any_options_json_is_read_without_an_exception(options: dict[str, Any]) -> None:
    assert_sound(load({"SENTRY_OPTIONS_JSON": json.dumps(options)}))


@settings(max_examples=200, deadline=None)
@given(st.dictionaries(st.sampled_from(VARIABLES), SHAPES, min_size=1, max_size=8), KEYS, st.booleans())
def test_a_dsn_key_is_never_shown_whatever_variable_it_was_pasted_into(
    shapes: dict[str, str], key: str, with_address: bool
) -> None:
    secret = f"https://{key}@o1.ingest.sentry.io/1" if with_address else key
    problems = load({variable: shape.format(secret) for variable, shape in shapes.items()}).problems
    assert not [str(problem) for problem in problems if key in str(problem)]


# A part of one is as bad as the whole: every part holds the mark.
MARK = "Zq7"
PASSWORDS = st.lists(st.text(string.ascii_letters + "/:,@ "), min_size=1).map(
    lambda parts: MARK + "".join(part + MARK for part in parts)
)


@settings(max_examples=200, deadline=None)
@given(st.sampled_from(VARIABLES), SHAPES, PASSWORDS)
def test_a_password_in_a_url_is_never_shown(variable: str, shape: str, password: str) -> None:
    problems = load({variable: shape.format(f"amqp://user:{password}@host")}).problems
    assert not [str(problem) for problem in problems if MARK in str(problem)]
