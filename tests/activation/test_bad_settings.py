"""Bad settings cost one clear line each; the app is served and the other settings apply."""

from __future__ import annotations

from pathlib import Path
from typing import Callable

import pytest

from tests.harness.envelopes import Project
from tests.harness.server import Server, uvicorn

Start = Callable[..., Server]

# Variables, and what the one line about each of them says.
BAD = {
    "rate too high": ("SENTRY_TRACES_SAMPLE_RATE", "15", "a number from 0 to 1"),
    "rate no number": ("SENTRY_TRACES_SAMPLE_RATE", "abc", "a number from 0 to 1"),
    "no such module": ("SENTRY_BEFORE_SEND", "no.such:thing", "[unresolved-import]"),
    "no such attribute": ("SENTRY_BEFORE_SEND", "os:no_such", "[unresolved-import]"),
    "not callable": ("SENTRY_BEFORE_SEND", "os:sep", "cannot be called"),
    "no import string": ("SENTRY_BEFORE_SEND", "lambda event, hint: event", "[invalid-setting]"),
    "integration": ("SENTRY_INTEGRATIONS", "no_such_library", "[unknown-integration]"),
    "disabled integration": ("SENTRY_DISABLED_INTEGRATIONS", "rediss", "redis"),
    "JSON": ("SENTRY_PROXY_HEADERS", "{broken", "JSON"),
    "our JSON": ("SENTRY_ASGI_TRACES_SAMPLE_RATES", "{broken", "JSON"),
    "near miss": ("SENTRY_TRACE_SAMPLE_RATE", "1", "SENTRY_TRACES_SAMPLE_RATE"),
    "unknown one of ours": ("SENTRY_ASGI_EXCLUDE_PATH", "/x", "SENTRY_ASGI_EXCLUDED_PATHS"),
    "choice": ("SENTRY_MAX_REQUEST_BODY_SIZE", "huge", "always"),
    "boolean": ("SENTRY_ATTACH_STACKTRACE", "maybe", "true or false"),
    "text in quotes": ("SENTRY_RELEASE", '"shop@1"', "stands in quotes, which docker run --env-file"),
    "number in quotes": (
        "SENTRY_TRACES_SAMPLE_RATE",
        "'0.5'",
        "stands in quotes, which docker run --env-file",
    ),
}


def lines(server: Server) -> list[str]:
    """Return what the package said."""
    return [line for line in server.output.splitlines() if line.startswith("sentry-asgi-autoconf: ")]


@pytest.mark.parametrize(("name", "value", "allowed"), BAD.values(), ids=BAD.keys())
def test_one_line_says_what_is_wrong_and_the_rest_applies(
    name: str, value: str, allowed: str, start: Start, project: Project
) -> None:
    server = start(uvicorn("raw3:app"), {name: value, "SENTRY_ENVIRONMENT": "kept"}).ready()
    server.provoke()
    (event,) = project.wait("event")
    assert event["environment"] == "kept"
    server.stop()
    (line,) = lines(server)
    assert name in line
    assert allowed in line
    assert line.endswith("]")
    assert server.stdout.count("sentry") == 0


@pytest.mark.parametrize(
    "dsn", ["nonsense", "http://127.0.0.1/1", "ftp://s3cr3t@127.0.0.1/1", "http://s3cr3t@/x"]
)
def test_a_bad_dsn_is_named_without_its_key_and_the_app_is_served(dsn: str, start: Start) -> None:
    server = start(uvicorn("raw3:app"), {"SENTRY_DSN": dsn}).ready()
    server.provoke()
    server.stop()
    (line,) = lines(server)
    assert "SENTRY_DSN" in line
    assert "s3cr3t" not in server.output


def test_a_dsn_in_quotes_is_named_without_its_key(start: Start) -> None:
    server = start(uvicorn("raw3:app"), {"SENTRY_DSN": '"http://s3cr3t@127.0.0.1:9/1"'}).ready()
    server.stop()
    (line,) = lines(server)
    assert "SENTRY_DSN=***" in line
    assert "it stands in quotes, which docker run --env-file and Kubernetes take as part of the value" in line
    assert "s3cr3t" not in server.output


@pytest.mark.parametrize(
    ("name", "strict"), [("SENTRY_DNS", "false"), ("SENTRYDSN", "true"), ("sentry_dsn", "")]
)
def test_a_variable_that_is_nearly_called_as_the_dsn_is_named(
    name: str, strict: str, start: Start, project: Project
) -> None:
    environ = {"SENTRY_DSN": None, name: project.dsn, "SENTRY_ASGI_STRICT": strict}
    # A parent with workers refuses by itself, and else says nothing.
    server = start(uvicorn("--workers", "2", "raw3:app"), environ)
    if strict == "true":
        assert server.wait() == 78
    else:
        server.ready().provoke()
        server.stop()
    assert len(lines(server)) <= 2  # one a worker
    (line,) = set(lines(server))
    assert line.endswith(f"{name} is not a setting. Did you mean SENTRY_DSN? [unknown-setting]")
    assert project.items() == []


def test_a_hook_of_the_wrong_arity_is_the_users_and_the_app_is_served(start: Start, project: Project) -> None:
    server = start(uvicorn("raw3:app"), {"SENTRY_BEFORE_SEND": "os:getpid"}).ready()
    server.provoke()
    project.wait("transaction")
    server.stop()
    assert lines(server) == []
    assert project.items("event") == []


def test_a_hook_named_by_import_string_runs(start: Start, project: Project) -> None:
    server = start(uvicorn("raw3:app"), {"SENTRY_BEFORE_SEND": "hooks:before_send"}).ready()
    server.provoke()
    (event,) = project.wait("event")
    assert event["tags"]["hook"] == "before_send"


def test_a_dsn_may_be_mounted_as_a_file(start: Start, project: Project, tmp_path: Path) -> None:
    (tmp_path / "sentry_dsn").write_text(project.dsn + "\n")
    server = start(uvicorn("raw3:app"), {"SENTRY_DSN": None, "SENTRY_ASGI_SECRETS_DIR": str(tmp_path)})
    server.provoke()
    project.wait("event")


STRICT = {"SENTRY_ASGI_STRICT": "true", "SENTRY_TRACES_SAMPLE_RATE": "15"}


@pytest.mark.parametrize(
    "options", [[], ["--workers", "2"], ["--reload"]], ids=["single", "workers", "reload"]
)
def test_in_strict_mode_the_server_refuses_to_start(
    options: list[str], start: Start, project: Project
) -> None:
    server = start(uvicorn(*options, "raw3:app"), STRICT)
    assert server.wait() == 78
    (line,) = lines(server)
    assert "SENTRY_TRACES_SAMPLE_RATE" in line
    assert "Traceback" not in server.output
    assert project.items() == []


@pytest.mark.parametrize("options", [[], ["--workers", "2"]], ids=["single", "workers"])
def test_in_strict_mode_a_hook_that_leads_nowhere_is_refused_too(options: list[str], start: Start) -> None:
    environ = {"SENTRY_ASGI_STRICT": "true", "SENTRY_BEFORE_SEND": "no.such:thing"}
    server = start(uvicorn(*options, "raw3:app"), environ)
    assert server.wait() == 78
    assert len(lines(server)) == 1


def test_in_strict_mode_good_settings_are_served(start: Start, project: Project) -> None:
    server = start(uvicorn("raw3:app"), {"SENTRY_ASGI_STRICT": "true"})
    server.provoke()
    project.wait("event")
    assert lines(server) == []


def test_without_a_receiver_the_app_is_served(start: Start) -> None:
    server = start(uvicorn("raw3:app"), {"SENTRY_DSN": "http://key@127.0.0.1:9/1"}).ready()
    server.provoke()
    assert server.get("/ok").text == "ok"
    server.stop()
    assert lines(server) == []
