"""An app is served whatever its scope looks like."""

from __future__ import annotations

import json

import pytest

from tests.harness.envelopes import Project
from tests.harness.server import APPS, environment, run

# Hand the app that uvicorn would serve one odd scope after the other, and tell which are not answered.
ODD = """
import asyncio, json
import uvicorn

config = uvicorn.Config("echo_nothing:app", log_config=None, proxy_headers=False)
config.load()
USUAL = {"type": "http", "headers": [(b"host", b"a")], "client": ("127.0.0.1", 5), "server": ("127.0.0.1", 80),
         "scheme": "http", "path": "/", "root_path": "", "method": "GET", "query_string": b"",
         "asgi": {"version": "3.0"}}
CHANGES = [{"headers": None}, {"headers": iter([(b"host", b"x")])}, {"headers": [(b"a", b"b", b"c")]}, {"client": 5},
           {"client": []}, {"server": []}, {"method": None}, {"method": b"GET"}, {"method": "get"}, {"path": b"/"},
           {"path": None}, {"headers": [(b"sentry-trace", b"a"), (b"sentry-trace", b"\\xff"), (b"baggage", b"=,=")]},
           {"headers": [(b"x-forwarded-for", b"")]}]

async def main():
    unanswered = []
    for change in CHANGES:
        sent = []
        async def send(message):
            sent.append(message["type"])
        try:
            await config.loaded_app({**USUAL, **change}, None, send)
        except Exception as error:
            sent.append(repr(error))
        if sent != ["http.response.start", "http.response.body"]:
            unanswered.append([repr(change), *sent])
    print(json.dumps(unanswered))

asyncio.run(main())
"""


@pytest.mark.parametrize("rate", [None, "0.5", "1"])
@pytest.mark.parametrize("lifecycle", [None, "stream"])
def test_it_is_answered(rate: str | None, lifecycle: str | None, project: Project) -> None:
    settings = {
        "SENTRY_TRACES_SAMPLE_RATE": rate,
        "SENTRY_TRACE_LIFECYCLE": lifecycle,
        "SENTRY_DSN": project.dsn,
    }
    environ = environment({name: value for name, value in settings.items() if value is not None})
    result = run(ODD, {**environ, "PYTHONPATH": f"{environ['PYTHONPATH']}:{APPS}"})
    assert json.loads(result.stdout) == []
