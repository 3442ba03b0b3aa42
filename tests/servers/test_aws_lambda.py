"""Functions in AWS Lambda: each call is reported once, and has been sent when the process is frozen."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path
from typing import Any, Callable, Iterator

import pytest

from tests.fleet.bundles import bundle
from tests.harness.envelopes import Project
from tests.harness.lambda_runtime import ARN, REQUEST_ID, Lambda, api_gateway_1, api_gateway_2
from tests.harness.server import ROOT, Server, until
from tests.harness.venvs import venv

Start = Callable[..., Server]
NewLambda = Callable[..., Lambda]
WRAPPER = ROOT / "sitecustomize_example" / "aws-lambda" / "sentry-exec"
OF_FUNCTION = "function.aws"


@pytest.fixture
def new_lambda(start: Start) -> Iterator[NewLambda]:
    """Start Lambda functions of `tests/apps`, by handler; their processes end with the test."""
    made: list[Lambda] = []

    def make(handler: str = "no_mangum.handler", **arguments: Any) -> Lambda:
        environ = {"SENTRY_ASGI_LOG_LEVEL": "info", **arguments.pop("environ", {})}
        made.append(Lambda(start, handler, environ, **arguments))
        return made[-1]

    yield make
    for function in made:
        function.close()


def of_function(item: dict[str, Any]) -> tuple[str, str, str]:
    """Return what an event tells of its function."""
    about = item["extra"]["lambda"]
    return item["transaction"], about["invoked_function_arn"], about["aws_request_id"]


FUNCTION = ("function", ARN, REQUEST_ID)


def test_a_function_without_an_asgi_app_reports_each_call_once(
    new_lambda: NewLambda, project: Project
) -> None:
    function = new_lambda()
    assert function.invoke({"divisor": 1}) == ("response", {"quotient": 1})
    project.wait("transaction")
    kind, answer = function.invoke({"divisor": 0})
    assert (kind, answer["errorType"]) == ("error", "ZeroDivisionError")
    event, transaction = project.wait("event")[0], project.wait("transaction", 2)[1]
    assert of_function(event) == of_function(transaction) == FUNCTION
    assert transaction["contexts"]["trace"]["op"] == OF_FUNCTION
    assert event["exception"]["values"][-1]["stacktrace"]["frames"][-1]["function"] == "handler"
    assert event["contexts"]["trace"]["trace_id"] == transaction["contexts"]["trace"]["trace_id"]
    assert len(project.items("event")) == 1


def test_what_a_call_brings_along_is_redacted_in_its_events(new_lambda: NewLambda, project: Project) -> None:
    call = api_gateway_1("/orders")
    call["headers"].update({"Authorization": "Bearer hidden-1", "Cookie": "id=hidden-2"})
    call.update(divisor=0, queryStringParameters={"token": "hidden-3"})
    call["requestContext"]["identity"]["sourceIp"] = "203.0.113.7"
    new_lambda().invoke(call)
    (event,), (transaction,) = project.wait("event"), project.wait("transaction")
    assert event["request"]["url"] == transaction["request"]["url"] == "https://example.com/orders"
    assert "event" in event["exception"]["values"][-1]["stacktrace"]["frames"][-1]["vars"]
    for item in (event, transaction):
        assert "hidden" not in str(item) and "203.0.113.7" not in str(item)


def test_a_call_that_is_about_to_time_out_warns(new_lambda: NewLambda, project: Project) -> None:
    function = new_lambda("no_mangum.late")
    function.timeout = 3
    assert function.invoke({}) == ("response", {"statusCode": 200})
    (event,) = project.wait("event")
    assert event["exception"]["values"][-1]["type"] == "ServerlessTimeoutWarning"
    assert of_function(event) == FUNCTION


def test_a_request_in_a_function_has_one_transaction_that_tells_of_both(
    new_lambda: NewLambda, project: Project
) -> None:
    function = new_lambda("mangum_handler.handler", environ={"SERVES": "fastapi_app"})
    for event in (api_gateway_2, api_gateway_1):
        function.invoke(event("/items/42"))
        function.invoke(event("/boom"))
    transactions, events = project.wait("transaction", 4), project.wait("event", 2)
    assert [item["transaction"] for item in transactions] == ["/items/{number}", "/boom"] * 2
    assert {item["contexts"]["trace"]["op"] for item in transactions} == {"http.server"}
    assert {of_function(item)[1:] for item in [*transactions, *events]} == {FUNCTION[1:]}
    assert {item["request"]["url"] for item in events} == {"https://example.com/boom"}
    assert (len(project.items("transaction")), len(project.items("event"))) == (4, 2)


def test_where_spans_are_streamed_the_function_s_is_sent_too(new_lambda: NewLambda, project: Project) -> None:
    environ = {"SERVES": "fastapi_app", "SENTRY_TRACE_LIFECYCLE": "stream"}
    assert new_lambda("mangum_handler.handler", environ=environ).invoke(api_gateway_2("/boom"))
    (event,) = project.wait("event")
    assert of_function(event) == ("/boom", *FUNCTION[1:])

    def segments() -> set[str]:
        spans = [span for item in project.items("span") for span in item["payload"]["items"]]
        return {span["attributes"]["sentry.op"]["value"] for span in spans if span["is_segment"]}

    until(lambda: segments() == {OF_FUNCTION, "http.server"}, "both")


def test_where_a_setting_disables_the_integration_only_asgi_apps_report(
    new_lambda: NewLambda, project: Project
) -> None:
    environ = {"SENTRY_DISABLED_INTEGRATIONS": "aws_lambda", "SERVES": "raw3"}
    function = new_lambda(environ=environ)
    assert function.invoke({"divisor": 1})[0] == "response"
    until(lambda: "is not an ASGI app" in function.process.output, "the withdrawal")
    function.invoke({"divisor": 0})
    assert project.items() == []
    function = new_lambda("mangum_handler.handler", environ=environ)
    function.invoke(api_gateway_2("/boom"))
    project.wait("event")
    assert "lambda" not in project.wait("transaction")[0].get("extra", {})


@pytest.mark.parametrize("environ", [{}, {"PLAIN": "1"}], ids=["with its integration", "without"])
def test_a_function_that_initialises_the_sdk_itself_reports_each_call_once(
    environ: dict[str, str], new_lambda: NewLambda, project: Project
) -> None:
    function = new_lambda("lambda_own_init.handler", environ=environ)
    function.invoke({"divisor": 0})
    (event,), (transaction,) = project.wait("event"), project.wait("transaction")
    assert of_function(event) == of_function(transaction) == FUNCTION
    assert len(project.items("event", "transaction")) == 2


@pytest.mark.parametrize(
    "environ",
    [
        {"SENTRY_ASGI_DISABLED_SERVERS": "awslambdaric"},
        {"SENTRY_ASGI_EXCLUDED_APPS": "no_mangum:handler"},
        {"SENTRY_DSN": ""},
    ],
    ids=["disabled", "excluded", "inactive"],
)
def test_a_function_that_a_setting_names_is_left_alone(
    environ: dict[str, str], new_lambda: NewLambda, project: Project
) -> None:
    function = new_lambda(environ=environ)
    assert function.invoke({"divisor": 0})[0] == "error"
    assert project.items() == []
    assert "active: sentry_sdk is initialised" not in function.process.output


@pytest.fixture
def layer(tmp_path: Path) -> Path:
    """Lay a layer out as Lambda does below /opt, which is read only."""
    opt = tmp_path / "opt"
    shutil.copytree(bundle(), opt / "sentry")
    shutil.copy(WRAPPER, opt)
    for directory in [opt, *(path for path in opt.rglob("*") if path.is_dir())]:
        directory.chmod(0o555)
    return opt


def test_a_layer_instruments_a_function_that_has_nothing_of_it(
    layer: Path, new_lambda: NewLambda, project: Project
) -> None:
    arguments = {
        "python": venv(sys.executable, "awslambdaric", "mangum", "fastapi"),
        "wrapper": (str(layer / "sentry-exec"),),
        "bootstrap": False,
    }
    function = new_lambda(**arguments)
    assert function.invoke({"divisor": 0})[0] == "error"
    assert of_function(project.wait("event")[0]) == FUNCTION
    environ = {"SERVES": "fastapi_app", "PYTHONPATH": "/var/runtime"}
    function = new_lambda("mangum_handler.handler", environ=environ, **arguments)
    assert function.invoke(api_gateway_2("/boom"))[1]["statusCode"] == 500
    assert project.wait("event", 2)[1]["transaction"] == "/boom"
    assert [item["transaction"] for item in project.wait("transaction", 2)] == ["function", "/boom"]
