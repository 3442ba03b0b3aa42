"""What is accepted, and what is refused with which words."""

from __future__ import annotations

import json
import re
import socket
from typing import Any

import pytest

from sentry_asgi_autoconf.activation.layers import load
from sentry_asgi_autoconf.exceptions import InvalidSettingError
from sentry_asgi_autoconf.import_strings import ImportReference, IntegrationReference

DSN = "https://9b1c3f0e8d7a46529b1c3f0e8d7a4652@o1.ingest.sentry.io/42"


def option(name: str, text: str) -> Any:
    """Return the option that a variable's text sets; it must be accepted."""
    loaded = load({f"SENTRY_{name.lstrip('_').upper()}": text})
    assert loaded.problems == []
    return loaded.options[name]


def refusal(variable: str, text: str) -> str:
    """Return the one line about a variable's text; it must be refused."""
    loaded = load({variable: text})
    (problem,) = loaded.problems
    assert isinstance(problem, InvalidSettingError)
    assert loaded.options == {}
    assert str(problem).startswith(variable)
    return str(problem)


@pytest.mark.parametrize(
    "text", ["true", "True", "t", "T", "yes", "y", "Y", "on", "ON", "1", "Enabled", "enable", " true\n"]
)
def test_people_switch_on_as_they_like(text: str) -> None:
    assert option("debug", text) is True


@pytest.mark.parametrize(
    "text", ["false", "False", "f", "no", "N", "off", "Off", "0", "disabled", "disable", " off "]
)
def test_people_switch_off_as_they_like(text: str) -> None:
    assert option("keep_alive", text) is False


@pytest.mark.parametrize("blank", ["", "  ", "\n"])
def test_an_empty_variable_is_not_set(blank: str) -> None:
    for variable in ("SENTRY_DSN", "SENTRY_ENVIRONMENT", "SENTRY_TRACES_SAMPLE_RATE", "SENTRY_ASGI_STRICT"):
        loaded = load({variable: blank})
        assert (loaded.options, loaded.problems, loaded.sources) == ({}, [], {})


@pytest.mark.parametrize(
    "name, text, value",
    [
        ("dsn", DSN, DSN),
        ("dsn", "http://key:secret@localhost:9000/prefix/1", "http://key:secret@localhost:9000/prefix/1"),
        ("sample_rate", "0", 0.0),
        ("traces_sample_rate", "1e-3", 0.001),
        ("max_breadcrumbs", "0", 0),
        ("shutdown_timeout", "0.5", 0.5),
        ("max_request_body_size", "Always", "always"),
        ("environment", " staging ", "staging"),
        ("spotlight", "yes", True),
        ("spotlight", "off", False),
        ("spotlight", "localhost:8969/stream", "localhost:8969/stream"),
        ("in_app_include", "a, b.c ,,", ["a", "b.c"]),
        ("in_app_include", '["a", "b,c"]', ["a", "b,c"]),
        ("trace_propagation_targets", "[]", []),
        ("trace_propagation_targets", '["a{1,2}"]', ["a{1,2}"]),
        ("trace_ignore_status_codes", "404,500-502", {404, 500, 501, 502}),
        ("trace_ignore_status_codes", '[404, "500 - 501"]', {404, 500, 501}),
        ("functions_to_trace", "a.b,c.d.e", [{"qualified_name": "a.b"}, {"qualified_name": "c.d.e"}]),
        ("functions_to_trace", '[{"qualified_name": "a.b"}]', [{"qualified_name": "a.b"}]),
        ("socket_options", "[[6, 4, 60]]", [(6, 4, 60)]),
        (
            "socket_options",
            '[["SOL_SOCKET", "SO_KEEPALIVE", 1]]',
            [(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)],
        ),
        ("ignore_errors", "ValueError,a.b.Error", ["ValueError", "a.b.Error"]),
        ("ignore_spans", "GET /health,ping", ["GET /health", "ping"]),
        (
            "ignore_spans",
            '["ping", {"regex": "GET .*"}, {"name": {"regex": "x+"}, "attributes": {"a": 1}}]',
            ["ping", re.compile("GET .*"), {"name": re.compile("x+"), "attributes": {"a": 1}}],
        ),
        ("data_collection", '{"cookies": {"mode": "off"}}', {"cookies": {"mode": "off"}}),
        ("data_collection", '{"stack_frame_variables": false}', {"stack_frame_variables": False}),
        ("proxy_headers", '{"Proxy-Authorization": "Basic x"}', {"Proxy-Authorization": "Basic x"}),
        ("_experiments", '{"max_spans": 10}', {"max_spans": 10}),
    ],
)
def test_a_value_is_read_as_its_option_wants_it(name: str, text: str, value: Any) -> None:
    assert option(name, text) == value


def test_import_strings_and_integrations_are_told_apart_from_text() -> None:
    assert isinstance(option("before_send", "myapp.sentry:Class.method"), ImportReference)
    assert [type(name) for name in option("ignore_errors", "A,b:C")] == [str, ImportReference]
    names = option("integrations", "redis,AWS-Lambda,myapp:Queue")
    assert names == ["redis", "aws_lambda", "myapp:Queue"]
    assert [name.is_import_string for name in names] == [False, False, True]
    assert all(isinstance(name, IntegrationReference) for name in names)


@pytest.mark.parametrize(
    "variable, text, words",
    [
        ("SENTRY_DSN", "nonsense", "a DSN"),
        ("SENTRY_DSN", "https://o1.ingest.sentry.io/42", "the key before the @ is missing"),
        ("SENTRY_DSN", "https://key@o1.ingest.sentry.io/", "project number"),
        ("SENTRY_DSN", "https://key@[o1/42", "it is not a URL"),
        ("SENTRY_DSN", "https://key@host:99999/42", "it is not a URL"),
        ("SENTRY_DSN", "ftp://key@host/42", "does not start with https://"),
        ("SENTRY_TRACES_SAMPLE_RATE", "15", "'15' is not a number from 0 to 1"),
        ("SENTRY_TRACES_SAMPLE_RATE", "abc", "'abc' is not a number from 0 to 1"),
        ("SENTRY_TRACES_SAMPLE_RATE", "-0.1", "a number from 0 to 1"),
        ("SENTRY_SAMPLE_RATE", "nan", "a number from 0 to 1"),
        ("SENTRY_SAMPLE_RATE", "50%", "a number from 0 to 1"),
        ("SENTRY_MAX_BREADCRUMBS", "-1", "a whole number, 0 or greater"),
        ("SENTRY_MAX_BREADCRUMBS", "1.5", "a whole number, 0 or greater"),
        ("SENTRY_SHUTDOWN_TIMEOUT", "-2", "a number of seconds"),
        ("SENTRY_SHUTDOWN_TIMEOUT", "inf", "a number of seconds"),
        ("SENTRY_DEBUG", "maybe", "'maybe' is not true or false"),
        ("SENTRY_MAX_REQUEST_BODY_SIZE", "huge", "one of never, small, medium, always"),
        ("SENTRY_TRACE_LIFECYCLE", "x", "one of static, stream"),
        ("SENTRY_PROFILE_LIFECYCLE", "x", "one of manual, trace"),
        ("SENTRY_PROFILER_MODE", "x", "one of thread, gevent, sleep"),
        ("SENTRY_INSTRUMENTER", "x", "one of sentry, otel"),
        ("SENTRY_SPOTLIGHT", "treu", "true, false or a URL"),
        ("SENTRY_BEFORE_SEND", "myapp.before_send", "an import string package.module:attribute"),
        ("SENTRY_BEFORE_SEND", "my app:x", "dotted names"),
        ("SENTRY_IGNORE_ERRORS", "A,b:", "'b:'"),
        ("SENTRY_IN_APP_INCLUDE", '["a"', "not valid JSON at column 5"),
        ("SENTRY_IN_APP_INCLUDE", '["a", 1]', "a list of names"),
        ("SENTRY_TRACE_PROPAGATION_TARGETS", "a,[", "'[': unterminated character set"),
        ("SENTRY_TRACE_PROPAGATION_TARGETS", '["a{99999999999999999999}"]', "repetition number is too large"),
        ("SENTRY_TRACE_IGNORE_STATUS_CODES", "404,999", "'999'"),
        ("SENTRY_TRACE_IGNORE_STATUS_CODES", "500-404", "ends before it starts"),
        ("SENTRY_FUNCTIONS_TO_TRACE", "run", "'run'"),
        ("SENTRY_SOCKET_OPTIONS", '[["SOL_SOCKET", "SO_NONSENSE", 1]]', "'SO_NONSENSE'"),
        ("SENTRY_SOCKET_OPTIONS", "[[1, 2]]", "three parts"),
        ("SENTRY_IGNORE_SPANS", '[{"nam": "x"}]', "neither a name nor an object"),
        ("SENTRY_IGNORE_SPANS", '[{"regex": "("}]', "missing )"),
        ("SENTRY_IGNORE_SPANS", '[{"name": {"rgex": "x"}}]', "is not of the form"),
        ("SENTRY_IGNORE_SPANS", '[{"attributes": "x"}]', "attributes must be an object"),
        ("SENTRY_DATA_COLLECTION", "{", "not valid JSON"),
        ("SENTRY_DATA_COLLECTION", '{"user_inf": false}', "user_inf: there is no such key"),
        (
            "SENTRY_DATA_COLLECTION",
            '{"cookies": {"mode": "x"}}',
            "cookies.mode: it is not one of 'off', 'denylist' or 'allowlist'",
        ),
        ("SENTRY_TRACE_IGNORE_STATUS_CODES", "[600]", "SENTRY_TRACE_IGNORE_STATUS_CODES='[600]' is not"),
        ("SENTRY_DATA_COLLECTION", '{"cookies": {"terms": []}}', "cookies.mode: it is missing"),
        ("SENTRY_EXPERIMENTS", "[1]", "a JSON object"),
        ("SENTRY_PROXY_HEADERS", '{"a": 1}', "a JSON object whose values are text"),
        ("SENTRY_HTTP_PROXY", "proxy:3128", "a URL of scheme http, https"),
        ("SENTRY_OPTIONS_JSON", "{'a': 1}", "not valid JSON at column 2"),
        ("SENTRY_OPTIONS_JSON", "[" * 100_000, "nesting is too large"),
        ("SENTRY_ASGI_ENABLED", "x", "true or false"),
        ("SENTRY_ASGI_LOG_LEVEL", "loud", "one of debug, info, warning, error"),
        ("SENTRY_ASGI_PROCESSES", "some", "one of servers, guarded, all"),
        ("SENTRY_ASGI_EXCLUDED_PATHS", "/a,b", """'b' does not start with "/" or "*\""""),
        ("SENTRY_ASGI_TRACES_SAMPLE_RATES", '{"/a": 2}', "the rate of '/a' is not a number from 0 to 1"),
        ("SENTRY_ASGI_TRACES_SAMPLE_RATES", '{"G-T /a": 1}', "the key 'G-T /a' is not a path"),
        ("SENTRY_ASGI_TRACES_SAMPLE_RATES", "[]", "a JSON object"),
        ("SENTRY_ASGI_WATCH", "a-b", "'a-b' is not a module name"),
    ],
)
def test_a_bad_value_draws_one_line_that_says_what_is_allowed(variable: str, text: str, words: str) -> None:
    line = refusal(variable, text)
    assert words in line
    assert f"Write it like {variable}=" in line
    assert "\n" not in line
    assert line.endswith("[invalid-setting]")


def test_every_problem_is_told_and_the_other_settings_apply() -> None:
    loaded = load(
        {
            "SENTRY_DSN": DSN,
            "SENTRY_TRACES_SAMPLE_RATE": "15",
            "SENTRY_DEBUG": "maybe",
            "SENTRY_RELEASE": "1",
            "SENTRY_ASGI_STRICT": "perhaps",
            "SENTRY_ASGI_EXCLUDED_PATHS": "/health",
        }
    )
    assert len(loaded.problems) == 3
    assert loaded.options == {"dsn": DSN, "release": "1"}
    assert (loaded.own.strict, loaded.own.excluded_paths) == (False, ["/health"])


def test_control_characters_and_length_never_reach_the_terminal() -> None:
    line = refusal("SENTRY_DEBUG", "\x1b[31m\r\n" + "x" * 500)
    assert line.isprintable()
    assert "x" * 60 not in line


def test_rates_by_path_keep_their_order_and_tidy_their_methods() -> None:
    text = '{"get   /health": 0, "/api/*": 0.5, "*": 1}'
    rates = load({"SENTRY_ASGI_TRACES_SAMPLE_RATES": text}).own.traces_sample_rates
    assert list(rates.items()) == [("GET /health", 0.0), ("/api/*", 0.5), ("*", 1.0)]


def test_the_log_level_is_taken_in_any_letter_case() -> None:
    assert load({"SENTRY_ASGI_LOG_LEVEL": "INFO"}).own.log_level == "info"
    assert load({"SENTRY_ASGI_LOG_LEVEL": "Warn"}).own.log_level == "warning"


def test_options_json_is_checked_by_the_same_fields_and_passes_on_the_rest() -> None:
    options = {
        "newer_option": {"a": [1]},
        "max_breadcrumbs": 5,
        "sample_rate": 7,
        "debug": "on",
        "dist": None,
    }
    loaded = load({"SENTRY_OPTIONS_JSON": json.dumps({**options, "_experiments": {"x": 1}})})
    assert loaded.options == {
        "newer_option": {"a": [1]},
        "max_breadcrumbs": 5,
        "debug": True,
        "_experiments": {"x": 1},
    }
    (problem,) = loaded.problems
    assert str(problem).startswith("sample_rate=7 in SENTRY_OPTIONS_JSON is not a number from 0 to 1")
