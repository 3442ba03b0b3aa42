"""`SENTRY_TAGS` is on all that a process sends, unless the code says otherwise and no policy forbids it."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Callable

import pytest

from sentry_asgi_autoconf.activation.layers import load
from tests.harness.envelopes import Project
from tests.harness.server import Server, uvicorn

Start = Callable[..., Server]

APP = """
import logging, sentry_sdk
async def app(scope, receive, send):
    if scope["type"] != "http":
        return
    sentry_sdk.set_tag("team", "of the code")
    logging.getLogger("shop").warning("sold out")
    if hasattr(sentry_sdk, "metrics"):
        sentry_sdk.metrics.count("sales", 1)
    raise KeyError("tea")
"""


def sent(start: Start, project: Project, tmp_path: Path, **environ: str) -> dict[str, Any]:
    """Return an error, a transaction, a log and a metric of a request."""
    (tmp_path / "shop.py").write_text(APP)
    server = start(uvicorn("shop:app"), {"SENTRY_ENABLE_LOGS": "true", **environ}, cwd=tmp_path).ready()
    server.provoke("/")
    server.stop()
    found: dict[str, Any] = {name: project.wait(name)[0] for name in ("event", "transaction")}
    for name in ("log", "trace_metric"):
        found[name] = project.wait(name)[0]["items"][0]["attributes"]
    return found


def test_they_are_on_everything_and_the_code_s_own_win(
    start: Start, project: Project, tmp_path: Path
) -> None:
    (tmp_path / "policy.toml").write_text("[defaults.tags]\nregion = 'eu-1'\nteam = 'nobody'\n")
    environ = {"SENTRY_TAGS": "team=shop, tier=2", "SENTRY_ASGI_POLICY": str(tmp_path / "policy.toml")}
    found = sent(start, project, tmp_path, **environ)
    for item in (found["event"], found["transaction"]):
        assert {name: item["tags"][name] for name in ("region", "team", "tier")} == {
            "region": "eu-1",
            "team": "of the code",
            "tier": "2",
        }
    for attributes in (found["log"], found["trace_metric"]):
        assert (attributes["region"]["value"], attributes["tier"]["value"]) == ("eu-1", "2")


@pytest.mark.parametrize(
    "text",
    ["team", "team=", "a b=c", "=x", '{"team": 1}', '{"team": "a\\nb"}', '["team"]', f"{'n' * 201}=x"],
)
def test_what_is_not_a_tag_is_refused_in_one_line(text: str) -> None:
    loaded = load({"SENTRY_DSN": "https://key@host/1", "SENTRY_TAGS": text})
    (problem,) = loaded.problems
    assert problem.slug == "invalid-setting" and "SENTRY_TAGS" in problem.what
    assert loaded.own.tags == {}


def test_one_that_is_too_long_is_cut_and_told() -> None:
    loaded = load({"SENTRY_DSN": "https://key@host/1", "SENTRY_TAGS": f"team={'x' * 300}"})
    assert (loaded.own.tags, loaded.problems) == ({"team": "x" * 200}, [])
    (line,) = loaded.warnings
    assert "the tag team of SENTRY_TAGS (environment) is cut to 200 characters" in line.what


def test_one_that_a_policy_enforces_the_code_does_not_change(
    start: Start, project: Project, tmp_path: Path
) -> None:
    (tmp_path / "policy.toml").write_text("[enforced.tags]\nteam = 'platform'\n")
    environ = {"SENTRY_TAGS": "tier=2", "SENTRY_ASGI_POLICY": str(tmp_path / "policy.toml")}
    found = sent(start, project, tmp_path, **environ)
    assert (found["event"]["tags"]["team"], found["event"]["tags"]["tier"]) == ("platform", "2")
    assert found["transaction"]["tags"]["team"] == "platform"


def test_streamed_spans_have_them(start: Start, project: Project) -> None:
    environ = {"SENTRY_TAGS": "tier=2", "SENTRY_TRACE_LIFECYCLE": "stream"}
    server = start(uvicorn("raw3:app"), environ).ready()
    server.get("/ok")
    server.stop()
    (span,) = project.wait("span")[0]["items"]
    assert span["attributes"]["tier"]["value"] == "2"
