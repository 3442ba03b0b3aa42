"""From settings to the arguments of `sentry_sdk.init`."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
import sentry_sdk
from sentry_sdk.consts import VERSION
from sentry_sdk.integrations.asyncio import AsyncioIntegration
from sentry_sdk.integrations.logging import LoggingIntegration
from sentry_sdk.integrations.redis import RedisIntegration

from sentry_asgi_autoconf.activation.layers import load
from sentry_asgi_autoconf.exceptions import (
    UnknownIntegrationError,
    UnresolvedImportError,
    UnsupportedOptionError,
)
from sentry_asgi_autoconf.sdk.init_options import build


@pytest.fixture(autouse=True)
def _example_app(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(Path(__file__).parents[1] / "settings" / "example_app")


def arguments(environ: dict[str, str]) -> tuple[dict[str, Any], list[Exception]]:
    """Return the arguments that an environment leads to, and the problems on the way from the settings."""
    loaded = load(environ)
    assert loaded.problems == []
    built, problems = build(loaded.options, loaded.sources)
    return built, list(problems)


def test_import_strings_become_what_they_name() -> None:
    from myapp import sentry

    built, problems = arguments(
        {
            "SENTRY_BEFORE_SEND": "myapp.sentry:before_send",
            "SENTRY_TRANSPORT": "myapp.sentry:FileTransport",
            "SENTRY_EVENT_SCRUBBER": "myapp.sentry:EventScrubber",
            "SENTRY_IGNORE_ERRORS": "KeyError,asyncio:TimeoutError",
        }
    )
    assert problems == []
    assert built["before_send"] is sentry.before_send
    assert built["transport"] is sentry.FileTransport
    assert isinstance(built["event_scrubber"], sentry.EventScrubber)
    assert built["ignore_errors"] == ["KeyError", TimeoutError]


@pytest.mark.parametrize(
    "variable, text, said",
    [
        ("SENTRY_BEFORE_SEND", "no.such:thing", "there is no module no"),
        ("SENTRY_BEFORE_SEND", "myapp.sentry:nothing", "myapp.sentry has no attribute nothing"),
        ("SENTRY_BEFORE_SEND", "myapp.sentry:number", "an object of type int, which cannot be called"),
        ("SENTRY_BEFORE_SEND", "tests.apps.hooks_of_a_policy:asynchronous", "does not await or iterate"),
        ("SENTRY_TRACES_SAMPLER", "tests.apps.hooks_of_a_policy:generator", "does not await or iterate"),
        ("SENTRY_TRANSPORT", "tests.apps.hooks_of_a_policy:asynchronous", "does not await or iterate"),
        ("SENTRY_TRANSPORT", "myapp.sentry:number", "is not a transport"),
        ("SENTRY_EVENT_SCRUBBER", "myapp.sentry:before_send", "has no method scrub_event"),
        ("SENTRY_EVENT_SCRUBBER", "myapp.sentry:NeedsArguments", "raised TypeError"),
    ],
)
def test_what_cannot_be_used_is_left_out_with_one_line(variable: str, text: str, said: str) -> None:
    built, (problem,) = arguments({variable: text, "SENTRY_RELEASE": "1"})
    assert built == {"release": "1", "spotlight": False}
    assert isinstance(problem, UnresolvedImportError)
    assert str(problem).startswith(f"{variable}='{text}' is left out: ")
    assert said in str(problem)


def test_integrations_are_made_from_short_names_and_import_strings() -> None:
    from myapp.sentry import QueueIntegration

    built, problems = arguments({"SENTRY_INTEGRATIONS": "AsyncIO,myapp.sentry:QueueIntegration"})
    assert problems == []
    assert [type(made) for made in built["integrations"]] == [AsyncioIntegration, QueueIntegration]


@pytest.mark.parametrize(
    "name, kind, said",
    [
        (
            "reddis",
            UnknownIntegrationError,
            f"sentry-sdk {VERSION} has no integration reddis. Did you mean redis?",
        ),
        ("qwerty", UnknownIntegrationError, "has no integration qwerty"),
        ("asgi", UnknownIntegrationError, "has no integration asgi"),
        ("trytond", UnresolvedImportError, "the library of the integration trytond is not installed"),
        ("rust-tracing", UnresolvedImportError, "making a RustTracingIntegration raised TypeError"),
        ("myapp.sentry:nothing", UnresolvedImportError, "has no attribute nothing"),
        ("myapp.sentry:number", UnresolvedImportError, "which is not an integration"),
        ("myapp.sentry:", UnresolvedImportError, "dotted names"),
    ],
)
def test_one_bad_integration_drops_only_itself(name: str, kind: type, said: str) -> None:
    built, (problem,) = arguments({"SENTRY_INTEGRATIONS": f"asyncio,{name}"})
    assert [type(made) for made in built["integrations"]] == [AsyncioIntegration]
    assert isinstance(problem, kind)
    assert said in str(problem)


def test_disabled_integrations_are_classes_and_a_missing_library_is_no_problem() -> None:
    from myapp.sentry import QueueIntegration

    names = "logging,trytond,redis,myapp.sentry:QueueIntegration"
    built, problems = arguments({"SENTRY_DISABLED_INTEGRATIONS": names})
    assert problems == []
    assert built["disabled_integrations"] == [LoggingIntegration, RedisIntegration, QueueIntegration]


def test_a_misspelt_disabled_integration_is_told() -> None:
    _, (problem,) = arguments({"SENTRY_DISABLED_INTEGRATIONS": "openay"})
    assert str(problem).startswith("SENTRY_DISABLED_INTEGRATIONS='openay'")
    assert "Did you mean openai?" in str(problem)


def test_one_bad_error_class_drops_only_itself() -> None:
    built, (problem,) = arguments({"SENTRY_IGNORE_ERRORS": "KeyError,os:getpid,builtins:ValueError"})
    assert built["ignore_errors"] == ["KeyError", ValueError]
    assert "is not an exception class" in str(problem)


def test_an_option_that_the_sdk_does_not_know_is_left_out_with_its_version() -> None:
    built, (problem,) = arguments({"SENTRY_OPTIONS_JSON": '{"not_yet": 1, "dist": "1"}'})
    assert built == {"dist": "1", "spotlight": False}
    assert isinstance(problem, UnsupportedOptionError)
    assert str(problem).startswith(
        f"not_yet in SENTRY_OPTIONS_JSON is left out: sentry-sdk {VERSION} has no such"
    )


def test_a_problem_names_the_file_that_a_value_came_from(tmp_path: Path) -> None:
    (tmp_path / "sentry_before_send").write_text("no.such:thing")
    _, (problem,) = arguments({"SENTRY_ASGI_SECRETS_DIR": str(tmp_path)})
    source = tmp_path / "sentry_before_send"
    assert str(problem).startswith(f"SENTRY_BEFORE_SEND='no.such:thing' ({source}) is left out")


def test_without_sources_the_variable_is_the_usual_one() -> None:
    _, (problem,) = build({"not_yet": 1})
    assert str(problem).startswith("SENTRY_NOT_YET is left out")


def test_the_sdk_does_not_take_what_was_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SENTRY_SPOTLIGHT", "treu")
    loaded = load(os.environ)
    built, _ = build(loaded.options, loaded.sources)
    assert client(built).spotlight is None


def test_an_empty_environment_name_is_production_as_the_sdk_has_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SENTRY_ENVIRONMENT", "")
    assert client(build(load(os.environ).options)[0]).options["environment"] == "production"


def client(options: dict[str, Any]) -> sentry_sdk.Client:
    """Make a real client that patches nothing in this process."""
    return sentry_sdk.Client(**{**options, "dsn": "", "default_integrations": False})
