"""Mangum in AWS Lambda: what was captured has been sent when the process is frozen, right behind its answer."""

from __future__ import annotations

import signal
import socket
import sys
from pathlib import Path
from typing import Any, Callable, Iterator

import pytest

from tests.harness.envelopes import Project
from tests.harness.lambda_runtime import REQUEST_ID, Lambda, api_gateway_1, api_gateway_2, load_balancer
from tests.harness.parity import normalised
from tests.harness.server import APPS, DEADLINE, Server, until
from tests.harness.venvs import installed_beside, venv

Start = Callable[..., Server]
NewLambda = Callable[..., Lambda]

# Module → whether by hand it is wrapped in SentryAsgiMiddleware.
PARITY = {"raw3": True, "fastapi_app": False, "django_app": False}
PATHS = ["/ok", "/boom", "/items/42"]


@pytest.fixture
def new_lambda(start: Start) -> Iterator[NewLambda]:
    """Start Lambda functions of `tests/apps`, by handler; their processes end with the test."""
    made: list[Lambda] = []

    def make(handler: str = "mangum_handler.handler", serves: str = "raw3", **arguments: Any) -> Lambda:
        environ = {"SERVES": serves, "SENTRY_ASGI_LOG_LEVEL": "info", **arguments.pop("environ", {})}
        made.append(Lambda(start, handler, environ, **arguments))
        return made[-1]

    yield make
    for function in made:
        function.close()


def exercise(function: Lambda, project: Project) -> tuple[list[Any], list[Any]]:
    """Invoke the function once for each path, and give the events and the transactions that arrive."""
    for number, path in enumerate(PATHS, start=1):
        kind, answer = function.invoke(api_gateway_2(path, "colour=red"))
        assert (kind, answer["statusCode"]) == ("response", 500 if path == "/boom" else 200)
        project.wait("transaction", number)
    return project.wait("event"), project.wait("transaction", len(PATHS))


@pytest.mark.parametrize(("module", "with_middleware"), PARITY.items())
def test_a_function_sends_what_it_would_send_instrumented_by_hand(
    module: str,
    with_middleware: bool,
    new_lambda: NewLambda,
    project: Project,
    new_project: Callable[[], Project],
) -> None:
    ours = exercise(new_lambda(serves=module), project)

    by_hand = new_project()
    environ = {
        "SENTRY_DSN": by_hand.dsn,
        "APP": module,
        "WITH_MIDDLEWARE": "1" if with_middleware else "",
        # By hand an app without a lifespan is reported at each call, and nothing is flushed.
        "LIFESPAN": "off",
    }
    function = new_lambda(serves="by_hand", environ=environ, bootstrap=False)
    for path in PATHS:
        function.invoke(api_gateway_2(path, "colour=red"))

    def all_sent() -> bool:
        function.invoke(api_gateway_2("/ok"))  # it sends only while the process runs
        return len(by_hand.items("transaction")) >= len(PATHS)

    until(all_sent, "what is sent by hand")
    theirs = by_hand.wait("event"), by_hand.wait("transaction", len(PATHS))[: len(PATHS)]

    for our_item in [*ours[0], *ours[1]]:
        # By hand the integration of Lambda is not set up: its transactions would come beside those of the requests.
        assert our_item["extra"].pop("lambda")["aws_request_id"] == REQUEST_ID
        assert our_item["extra"].pop("cloudwatch logs") and our_item["tags"].pop("aws_region") == "eu-west-1"
    for our_items, their_items in zip(ours, theirs, strict=True):
        assert [comparable(item) for item in our_items] == [comparable(item) for item in their_items]
    assert ours[0][0]["contexts"]["asgi_server"]["name"] == "mangum"


def comparable(item: dict[str, Any]) -> Any:
    """Return an event without the parts that are empty."""
    return normalised({name: value for name, value in item.items() if value or name not in ("extra", "tags")})


@pytest.mark.parametrize("event", [api_gateway_1, api_gateway_2, load_balancer])
def test_each_invocation_has_sent_all_when_the_process_is_frozen(
    event: Callable[[str], Any], new_lambda: NewLambda, project: Project
) -> None:
    function = new_lambda(serves="raw3_no_lifespan")  # a lifespan's end would flush too
    for number in (1, 2):
        kind, answer = function.invoke(event("/boom"))
        assert (kind, answer["statusCode"]) == ("response", 500)
        project.wait("event", number)
        project.wait("transaction", number)
    assert (len(project.items("event")), len(project.items("transaction"))) == (2, 2)
    assert function.process.output.count("is instrumented by") == 1


@pytest.mark.parametrize("serves", ["raw3_no_lifespan", "lifespans:refuses", "django_app"])
def test_a_lifespan_that_the_app_does_not_support_is_no_error_in_any_invocation(
    serves: str, new_lambda: NewLambda, project: Project
) -> None:
    function = new_lambda(serves=serves)
    for number in (1, 2):
        assert function.invoke(api_gateway_2("/ok"))[1]["statusCode"] == 200
        project.wait("transaction", number)
    function.invoke(api_gateway_2("/boom"))
    (event,) = project.wait("event")
    assert event["exception"]["values"][-1]["type"] == "ZeroDivisionError"


@pytest.mark.parametrize("serves", ["raises_at_startup", "says_startup_failed", "fastapi_fails_at_startup"])
def test_a_lifespan_that_fails_in_each_invocation_is_reported_once_a_minute(
    serves: str, new_lambda: NewLambda, project: Project
) -> None:
    function = new_lambda(serves=f"lifespans:{serves}")
    for _ in range(2):
        kind, _ = function.invoke(api_gateway_2("/ok"))
        assert kind == ("response" if serves == "raises_at_startup" else "error")
    (event,) = project.wait("event")
    assert "no database" in str(event)


def test_a_handler_that_makes_a_mangum_for_each_event_wraps_its_app_once(
    new_lambda: NewLambda, project: Project
) -> None:
    function = new_lambda("mangum_handler.for_each_event", serves="litestar_app")
    for number in (1, 2):
        function.invoke(api_gateway_2("/boom"))
        project.wait("event", number)
    assert len(project.items("event")) == 2
    assert function.process.output.count("is instrumented by") == 1


@pytest.mark.parametrize(
    "client", [("-m", "awslambdaric"), ("lambda_loop.py",)], ids=["awslambdaric", "other"]
)
def test_routes_that_are_made_after_mangum_was_imported_report_the_requests_body(
    client: tuple[str, ...], new_lambda: NewLambda, project: Project
) -> None:
    event = api_gateway_2("/boom")
    event["requestContext"]["http"]["method"] = "POST"
    event["headers"].update({"content-type": "application/json", "content-length": "13"})
    event["body"] = '{"divisor":0}'
    function = new_lambda("mangum_first.handler", client=client)
    assert function.invoke(event)[1]["statusCode"] == 500
    (reported,) = project.wait("event")
    assert reported["request"]["data"] == {"divisor": 0}
    assert reported["transaction"] == "/boom"


def test_a_handler_that_fails_to_import_is_reported_before_the_process_ends(
    new_lambda: NewLambda, project: Project
) -> None:
    function = new_lambda("mangum_broken.handler")
    kind, answer = function.answers.get(timeout=DEADLINE)
    assert (kind, answer["errorType"]) == ("error", "Runtime.ImportModuleError")
    (event,) = project.wait("event")
    assert [value["type"] for value in event["exception"]["values"]] == [
        "ModuleNotFoundError",
        "FaultException",
    ]
    function.process.process.send_signal(signal.SIGCONT)
    assert function.process.wait() == 1
    assert len(project.items("event")) == 1


def test_an_unreachable_sentry_keeps_no_answer_back(new_lambda: NewLambda) -> None:
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        dsn = f"http://key@127.0.0.1:{silent.getsockname()[1]}/1"
        function = new_lambda(environ={"SENTRY_DSN": dsn, "SENTRY_SHUTDOWN_TIMEOUT": "0.5"})
        assert function.invoke(api_gateway_2("/boom"))[1]["statusCode"] == 500
        assert function.invoke(api_gateway_2("/ok"))[1]["statusCode"] == 200


def test_outside_lambda_a_handler_is_instrumented_when_it_is_called(start: Start, project: Project) -> None:
    code = f"from mangum_handler import handler; handler({api_gateway_2('/boom')}, None)"
    made = start([sys.executable, "-c", code], {"SERVES": "raw3", "SENTRY_ASGI_LOG_LEVEL": "info"})
    assert made.wait() == 0
    assert "is instrumented by SentryAsgiMiddleware" in made.output
    assert [item["type"] for item in project.items("event", "transaction")] == ["event", "transaction"]


@pytest.mark.parametrize("variable", ["AWS_LAMBDA_RUNTIME_API", "AWS_LAMBDA_FUNCTION_NAME"])
def test_each_variable_of_lambda_s_says_that_a_handler_is_to_be_called(
    variable: str, start: Start, project: Project
) -> None:
    environ = {variable: "shop", "SERVES": "raw3", "SENTRY_ASGI_LOG_LEVEL": "info"}
    made = start([sys.executable, "-c", "import mangum_handler"], environ)
    assert made.wait() == 0
    assert "is instrumented by SentryAsgiMiddleware" in made.output


def test_outside_lambda_a_handler_that_is_only_made_activates_nothing(start: Start, project: Project) -> None:
    server = start(
        [sys.executable, "-c", "import mangum_handler"], {"SERVES": "raw3", "SENTRY_ASGI_LOG_LEVEL": "debug"}
    )
    assert server.wait() == 0
    assert server.output == ""


def test_the_oldest_releases(new_lambda: NewLambda, project: Project, tmp_path: Path) -> None:
    python = venv(sys.executable, "sentry-sdk==2.0.1", "awslambdaric", "mangum==0.17.0")
    bootstrap = installed_beside(tmp_path)
    function = new_lambda(python=python, environ={"PYTHONPATH": str(bootstrap)}, cwd=APPS)
    for number in (1, 2):
        assert function.invoke(api_gateway_2("/boom"))[1]["statusCode"] == 500
        project.wait("event", number)
        project.wait("transaction", number)
    assert (len(project.items("event")), len(project.items("transaction"))) == (2, 2)
