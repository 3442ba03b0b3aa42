"""`SENTRY_INTEGRATION_OPTIONS` gives integrations their arguments, whenever each is set up."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Callable

import pytest

from tests.harness.envelopes import Project
from tests.harness.server import Server, uvicorn

Start = Callable[..., Server]
APP = """
import json, sentry_sdk
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.responses import PlainTextResponse
from starlette.routing import Route

async def fail(request):
    raise HTTPException(int(request.path_params["status"]))

async def told(request):
    found = {name: {key: str(value) for key, value in vars(each).items()}
             for name, each in sentry_sdk.get_client().integrations.items()}
    return PlainTextResponse(json.dumps(found))

app = Starlette(routes=[Route("/fail/{status}", fail), Route("/told", told)])
"""


@pytest.fixture
def serve(start: Start, tmp_path: Path) -> Callable[..., Server]:
    """Return what serves the app with these options."""

    def begin(options: Any, **environ: str) -> Server:
        (tmp_path / "main.py").write_text(APP)
        given = options if isinstance(options, str) else json.dumps(options)
        settings = {"SENTRY_INTEGRATION_OPTIONS": given, **environ}
        return start(uvicorn("main:app"), settings, cwd=tmp_path).ready()

    return begin


@pytest.mark.parametrize("integrations", ["deferred", "eager"])
def test_an_integration_of_a_library_has_them(
    integrations: str, serve: Callable[..., Server], project: Project
) -> None:
    options = {"starlette": {"failed_request_status_codes": [503]}, "logging": {"event_level": 50}}
    server = serve(options, SENTRY_ASGI_INTEGRATIONS=integrations)
    told = json.loads(server.get("/told").text)
    assert told["starlette"]["failed_request_status_codes"] == str(frozenset({503}))
    server.get("/fail/500")
    server.get("/fail/503")
    server.stop()
    (event,) = project.items("event")
    assert event["payload"]["request"]["url"].endswith("/fail/503")
    assert "sentry-asgi-autoconf" not in server.output


def test_one_that_a_setting_names_has_them(serve: Callable[..., Server]) -> None:
    server = serve({"asyncio": {"task_spans": False}}, SENTRY_INTEGRATIONS="asyncio")
    assert json.loads(server.get("/told").text)["asyncio"]["task_spans"] == "False"


def test_null_is_an_argument_where_the_constructor_says_so(serve: Callable[..., Server]) -> None:
    server = serve({"logging": {"event_level": None}})
    assert json.loads(server.get("/told").text)["logging"]["_handler"] == "None"
    assert "sentry-asgi-autoconf" not in server.output


def test_a_policy_has_them_as_tables(serve: Callable[..., Server], tmp_path: Path) -> None:
    policy = tmp_path / "policy.toml"
    policy.write_text("[enforced.integration_options.starlette]\nmiddleware_spans = true\n")
    server = serve({"starlette": {"middleware_spans": False}}, SENTRY_ASGI_POLICY=str(policy))
    assert json.loads(server.get("/told").text)["starlette"]["middleware_spans"] == "True"


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"starlete": {}}, "has no integration starlete. Did you mean starlette?"),
        (
            {"starlette": {"midleware_spans": True}},
            "starlette.midleware_spans is not an argument of StarletteIntegration: did you mean middleware_spans?",
        ),
        (
            {"starlette": {"middleware_spans": 1}},
            "starlette.middleware_spans is 1, but takes a value like false",
        ),
        (
            {"starlette": {"transaction_style": "nonsense"}},
            "starlette.transaction_style was refused: making a StarletteIntegration raised ValueError",
        ),
        ({"starlette": True}, "is not a JSON object of objects"),
        ("{", "is not a JSON object of objects: not valid JSON"),
    ],
)
def test_what_does_not_fit_costs_one_line(options: Any, says: str, serve: Callable[..., Server]) -> None:
    server = serve(options)
    assert "starlette" in json.loads(server.get("/told").text)
    server.stop()
    (line,) = [line for line in server.output.splitlines() if "sentry-asgi-autoconf" in line]
    assert says in line and "SENTRY_INTEGRATION_OPTIONS" in line
