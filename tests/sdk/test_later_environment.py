"""An app's init finds the variables that the SDK looks up as they are by then; they are held to what settings are."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Callable, Mapping

import pytest

from sentry_asgi_autoconf.activation.init_arguments import VARIABLES
from tests.activation.layering import arguments_of
from tests.harness.envelopes import Project
from tests.harness.policies import Policy, Read
from tests.harness.server import Server, uvicorn

Start = Callable[..., Server]

ONLY_HERE = {"dsn": {"allow": ["127.0.0.1"]}}
BAD_DSN = "postgres://nobody:s3cr3t-word@nowhere"


def served(start: Start, environ: Mapping[str, str | None], **dotenv: str | None) -> Server:
    """Serve the app that sets these variables, and let it report something."""
    environ = {"SENTRY_ASGI_LOG_LEVEL": "info", "DOTENV": json.dumps(dotenv), **environ}
    server = start(uvicorn("dotenv_app:app"), environ)
    assert server.get("/message").status_code == 200
    server.stop()
    return server


def lines(server: Server, slug: str) -> list[str]:
    """Return what the package said under this slug."""
    return [line for line in server.output.splitlines() if line.endswith(f"[{slug}]")]


def messages(project: Project) -> list[Any]:
    """Return the events that arrived."""
    return [item["payload"] for item in project.items("event")]


@pytest.mark.parametrize("mode", ["merge", "replace"])
@pytest.mark.parametrize("has_policy", [False, True])
def test_a_dsn_that_replaces_that_of_the_deployment_applies(
    mode: str, has_policy: bool, start: Start, project: Project, other: Project, policy: Policy
) -> None:
    ruled = policy(limits={"max_breadcrumbs": {"max": 50}}) if has_policy else {}
    server = served(start, {"SENTRY_ASGI_ON_APP_INIT": mode, **ruled}, SENTRY_DSN=other.dsn)
    assert (len(messages(project)), len(messages(other))) == (0, 1)
    (line,) = lines(server, "app-init")
    assert "dotenv_app.py:" in line
    assert " finds SENTRY_DSN changed. " in line


def test_under_a_policy_a_dsn_that_is_permitted_applies(
    start: Start, project: Project, policy: Policy
) -> None:
    served(start, {"SENTRY_DSN": None, **policy(limits=ONLY_HERE)}, SENTRY_DSN=project.dsn)
    assert len(messages(project)) == 1


def test_beside_a_config_file_a_dsn_applies(start: Start, project: Project, tmp_path: Path) -> None:
    config = tmp_path / "sentry.toml"
    config.write_text('dist = "of-the-file"\nenvironment = "of-the-file"\n')
    environ = {"SENTRY_DSN": None, "SENTRY_ASGI_CONFIG": str(config)}
    served(start, environ, SENTRY_DSN=project.dsn, SENTRY_ENVIRONMENT="of-dotenv", SENTRY_RELEASE="r@1")
    (event,) = messages(project)
    assert (event["dist"], event["environment"], event["release"]) == ("of-the-file", "of-dotenv", "r@1")


@pytest.mark.parametrize("has_another", [False, True], ids=["none below", "another below"])
def test_one_that_is_not_permitted_is_refused_in_one_line(
    has_another: bool, start: Start, project: Project, other: Project, policy: Policy
) -> None:
    environ = policy(limits=ONLY_HERE)
    if not has_another:
        environ["SENTRY_DSN"] = None  # type: ignore[assignment] # none at all
    defaults = {"defaults": {"dsn": project.dsn}} if has_another else {}
    server = served(start, {**environ, **policy(limits=ONLY_HERE, **defaults)}, SENTRY_DSN=other.dsn)
    assert (len(messages(project)), len(messages(other))) == (int(has_another), 0)
    (line,) = lines(server, "app-init")
    instead = "*** applies" if has_another else "left out"
    assert f"may not set SENTRY_DSN=*** ({instead}: [limits] dsn ({environ['SENTRY_ASGI_POLICY']}:" in line


def test_against_one_that_is_enforced_it_is_refused(
    start: Start, project: Project, other: Project, policy: Policy
) -> None:
    environ = policy(enforced={"dsn": project.dsn, "environment": "enforced"})
    server = served(start, environ, SENTRY_DSN=other.dsn, SENTRY_ENVIRONMENT="of-dotenv")
    (event,) = messages(project)
    assert (event["environment"], messages(other)) == ("enforced", [])
    (line,) = lines(server, "app-init")
    assert "SENTRY_DSN=*** (*** applies: [enforced] dsn (" in line
    assert "SENTRY_ENVIRONMENT='of-dotenv' ('enforced' applies: [enforced] environment (" in line


@pytest.mark.parametrize("mode", ["merge", "replace", "keep"])
@pytest.mark.parametrize("when", ["at the start", "later"])
def test_a_bad_value_does_not_come_in_by_the_sdk(
    when: str, mode: str, start: Start, project: Project, tmp_path: Path
) -> None:
    config = tmp_path / "sentry.toml"
    config.write_text('dist = "of-the-file"\n')
    environ = {"SENTRY_ASGI_CONFIG": str(config), "SENTRY_ASGI_ON_APP_INIT": mode, "SENTRY_DSN": None}
    later = {}
    if when == "later":
        later = {"SENTRY_DSN": BAD_DSN, "SENTRY_SPOTLIGHT": "not a URL"}
    else:
        environ.update({"SENTRY_DSN": BAD_DSN, "SENTRY_SPOTLIGHT": "not a URL"})
    server = served(start, environ, **later)
    assert messages(project) == []
    refused = lines(server, "invalid-setting")
    assert len(refused) == (0 if (when, mode) == ("later", "keep") else 2)
    assert "s3cr3t" not in server.output


def test_one_that_is_taken_away_turns_sentry_off_which_is_said(start: Start, project: Project) -> None:
    server = served(start, {}, SENTRY_DSN=None)
    assert messages(project) == []
    (line,) = lines(server, "app-init")
    assert line.endswith(" finds SENTRY_DSN changed, and so turns Sentry off. [app-init]")


def test_keep_passes_it_over(start: Start, project: Project, other: Project) -> None:
    served(start, {"SENTRY_ASGI_ON_APP_INIT": "keep"}, SENTRY_DSN=other.dsn)
    assert (len(messages(project)), len(messages(other))) == (1, 0)


def test_what_init_says_itself_stands_above_the_variable(
    start: Start, project: Project, other: Project
) -> None:
    environ = {"OPTIONS": json.dumps({"dsn": project.dsn, "environment": "of-init"})}
    served(start, environ, SENTRY_DSN=other.dsn, SENTRY_ENVIRONMENT="of-dotenv")
    (event,) = messages(project)
    assert (event["environment"], messages(other)) == ("of-init", [])


# By the variable, a value, and init's argument.
VALUES = {
    "dsn": ("http://key@127.0.0.1/1", "http://key@127.0.0.1/1"),
    "debug": ("yes", True),
    "environment": ("staging", "staging"),
    "keep_alive": ("on", True),
    "release": ("r@1", "r@1"),
    "spotlight": ("http://127.0.0.1:1/stream", "http://127.0.0.1:1/stream"),
}


@pytest.mark.parametrize("limits", [{}, ONLY_HERE], ids=["no policy", "policy"])
@pytest.mark.parametrize("name", VARIABLES)
def test_each_variable_that_the_sdk_looks_up_is_found(name: str, limits: dict[str, Any], read: Read) -> None:
    loaded = read({}, **({"limits": limits} if limits else {}))
    arguments = arguments_of(loaded)
    value, argument = VALUES[name]
    loaded.found.environ[VARIABLES[name]] = value  # type: ignore[index] # as code changes os.environ
    merged = arguments.of_app({"dist": "1"})
    assert (merged.arguments[name], merged.found) == (argument, (VARIABLES[name],))
    del loaded.found.environ[VARIABLES[name]]  # type: ignore[attr-defined]
    merged = arguments.of_app({"dist": "1"})
    assert not merged.arguments.get(name)
    assert merged.found == ()


def test_every_variable_that_the_sdk_reads_for_an_option_is_known() -> None:
    import re

    import sentry_sdk
    from sentry_sdk.consts import DEFAULT_OPTIONS

    (directory,) = sentry_sdk.__path__
    code = "".join(path.read_text() for path in Path(directory).rglob("*.py"))
    looked_up = set(re.findall(r"environ\.get\(\s*\"(SENTRY_\w+)\"", code))
    options = {f"SENTRY_{name.upper()}" for name in DEFAULT_OPTIONS}
    assert looked_up & options == set(VARIABLES.values())
