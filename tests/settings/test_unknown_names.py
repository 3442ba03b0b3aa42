"""Slips in names are told; other programs' variables are not."""

from __future__ import annotations

import pytest

from sentry_asgi_autoconf.activation.layers import load
from sentry_asgi_autoconf.settings.names import did_you_mean, unknown_variables


@pytest.mark.parametrize(
    "name, meant",
    [
        ("SENTRY_TRACE_SAMPLE_RATE", "SENTRY_TRACES_SAMPLE_RATE"),
        ("SENTRY_TRACES_SAMPLE_RATES", "SENTRY_TRACES_SAMPLE_RATE"),
        ("SENTRY_ENVIROMENT", "SENTRY_ENVIRONMENT"),
        ("SENTRY_RELASE", "SENTRY_RELEASE"),
        ("SENTRY_DNS", "SENTRY_DSN"),
        ("SENTRY_SDN", "SENTRY_DSN"),
        ("SENTRY_DSM", "SENTRY_DSN"),
        ("SENTRY_DS", "SENTRY_DSN"),
        ("SENTRY_DSN_", "SENTRY_DSN"),
        ("SENTRY-DSN", "SENTRY_DSN"),
        ("SENTRYDSN", "SENTRY_DSN"),
        ("SENTY_DSN", "SENTRY_DSN"),
        ("SNETRY_DSN", "SENTRY_DSN"),
        ("SENTRY_DSN_URL", "SENTRY_DSN"),
        ("SENTRY_OPTION_JSON", "SENTRY_OPTIONS_JSON"),
        ("sentry_dsn", "SENTRY_DSN"),
        ("Sentry_Asgi_Strict", "SENTRY_ASGI_STRICT"),
        ("SENTRY_ASGI_EXCLUDE_PATH", "SENTRY_ASGI_EXCLUDED_PATHS"),
        ("SENTRY_ASGI_ENABLE", "SENTRY_ASGI_ENABLED"),
        ("SENTRY_ASGI_TRACES_SAMPLE_RATE", "SENTRY_TRACES_SAMPLE_RATE"),
    ],
)
def test_a_near_miss_draws_did_you_mean(name: str, meant: str) -> None:
    (problem,) = unknown_variables([name])
    assert str(problem).startswith(f"{name} is not a setting")
    assert f"Did you mean {meant}?" in str(problem)


def test_an_unknown_name_of_our_own_is_told_even_if_it_is_like_none() -> None:
    (problem,) = unknown_variables(["SENTRY_ASGI_QWERTY"])
    assert str(problem).startswith("SENTRY_ASGI_QWERTY is not a setting")


@pytest.mark.parametrize(
    "name",
    [
        "SENTRY_AUTH_TOKEN",
        "SENTRY_ORG",
        "SENTRY_PROJECT",
        "SENTRY_URL",
        "SENTRY_API_KEY",
        "SENTRY_LOG_LEVEL",
        "SENTRY_PROPERTIES",
        "SENTRY_NO_PROGRESS_BAR",
        "SENTRY_PIPELINE",
        "SENTRY_HTTP_MAX_RETRIES",
        "SENTRY_DISABLE_UPDATE_CHECK",
        "SENTRY_ALLOW_FAILURE",
        "SENTRY_VCS_REMOTE",
        "SENTRY_DUMP_RESPONSES",
        "SENTRY_LOAD_DOTENV",
        "SENTRY_DOTENV_PATH",
        "SENTRY_HEADER",
        "SENTRY_TRACE",
        "SENTRY_BAGGAGE",
        "SENTRY_USE_ENVIRONMENT",
        "SENTRY_SPOTLIGHT_ON_ERROR",
        "SENTRY_SPOTLIGHT_MIDDLEWARE",
        "SENTRY_PRINT_ENVELOPES",
        "SENTRY_MY_OWN_THING",
        "SENTRY_ENABLED",
        "SENTRY_ENV",
        "SENTRY_DSN_FRONTEND",
        "SENTRY_PUBLIC_DSN",
        "SENTRY_PROJECT_ID",
        "SENTRY_",
        "HOME",
        "PATH",
        "MY_SENTRY_DSNS",
    ],
)
def test_variables_of_others_draw_nothing(name: str) -> None:
    assert unknown_variables([name]) == []


def test_known_names_draw_nothing_and_every_unknown_one_is_told() -> None:
    environ = {"SENTRY_DSN": "", "SENTRY_DEBG": "1", "SENTRY_ASGI_X": "1", "SENTRY_ASGI_WATCH": ""}
    assert [str(problem).split()[0] for problem in load(environ).problems] == ["SENTRY_ASGI_X", "SENTRY_DEBG"]


def test_a_name_is_printed_on_one_line_whatever_it_holds() -> None:
    (problem,) = unknown_variables(["SENTRY_ASGI_\x1b[31m\nX"])
    assert str(problem).isprintable()


def test_letters_the_wrong_way_round_are_known_in_a_key_too() -> None:
    assert did_you_mean("dns") == did_you_mean("SENTRY_DNS") == "Did you mean dsn?"
