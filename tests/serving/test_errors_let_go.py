"""No error outlives its request, on any server; nor does the server's log lose what led to it."""

from __future__ import annotations

from typing import Callable

import pytest

from tests.harness.envelopes import Project
from tests.harness.served import serve
from tests.harness.server import Server, until

Start = Callable[..., Server]
TIMES = 20


@pytest.mark.parametrize("server", ["uvicorn", "hypercorn", "granian", "gunicorn"])
def test_an_error_goes_with_its_request_and_the_log_has_its_cause(
    server: str, start: Start, project: Project
) -> None:
    # hypercorn keeps the context of a request for as long as an idle connection.
    options = "--keep-alive 1" if server == "hypercorn" else ""
    environ = {"SENTRY_TRACES_SAMPLE_RATE": "0"}
    served = serve(start, server, "errors_alive:app", options, environ=environ)
    with served.client() as client:

        def all_are_gone() -> bool:
            # But one may be on its way out: a client hears of it before its task has ended.
            return int(client.get("/alive").text) <= 2

        assert client.get("/alive").text == "0"
        for _ in range(TIMES):
            assert client.get("/boom").status_code == 500
        until(all_are_gone, "errors that were raised to go")
        for _ in range(TIMES):
            client.get("/captured")
        until(all_are_gone, "errors that were captured to go")
    served.server.stop()
    # Within a request the SDK knows an error that it has seen, and what the server logs is known to be one.
    values = [event["exception"]["values"] for event in (item["payload"] for item in project.items("event"))]
    chains = [[value["type"] for value in each] for each in values]
    assert chains == [["KeyError", "ValueError"]] * TIMES + [["ValueError"]] * TIMES
    if server != "granian":  # which logs the error alone
        cause = "The above exception was the direct cause of the following exception"
        assert served.server.output.count(cause) == TIMES


def test_a_variable_says_otherwise(start: Start, project: Project) -> None:
    environ = {"SENTRY_EXPERIMENTS": '{"suppress_asgi_chained_exceptions": true}'}
    served = serve(start, "uvicorn", "errors_alive:app", environ=environ)
    with served.client() as client:
        assert client.get("/boom").status_code == 500
    served.server.stop()
    (event,) = (item["payload"] for item in project.items("event"))
    assert [value["type"] for value in event["exception"]["values"]] == ["KeyError", "ValueError"]
    assert "ValueError: boom" in served.server.output
    assert "KeyError" not in served.server.output
