"""Zappa in AWS Lambda: what an ASGI app captured has been sent when the process is frozen, right behind its answer."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any, Callable, Iterator

import pytest

from tests.harness.envelopes import Project
from tests.harness.lambda_runtime import Lambda, api_gateway_1, api_gateway_2, load_balancer
from tests.harness.parity import normalised
from tests.harness.server import APPS, Server, until
from tests.harness.venvs import installed_beside, venv

Start = Callable[..., Server]
NewLambda = Callable[..., Lambda]
pytestmark = pytest.mark.matrix

# ASGI came with 0.62.
RELEASES = ["zappa==0.62.0", "zappa"]
SETTINGS = """
APP_MODULE, APP_FUNCTION, APP_TYPE = {module!r}, "app", {kind!r}
ENVIRONMENT_VARIABLES = {variables!r}
API_STAGE, PROJECT_NAME, LOG_LEVEL = "test", "shop", "INFO"
BINARY_SUPPORT = DEBUG = False
CONTEXT_HEADER_MAPPINGS, COGNITO_TRIGGER_MAPPING, AWS_EVENT_MAPPING, AWS_BOT_EVENT_MAPPING = {{}}, {{}}, {{}}, {{}}
DJANGO_SETTINGS = DOMAIN = EXCEPTION_HANDLER = AUTHORIZER_FUNCTION = None
"""


@pytest.fixture(scope="module")
def bootstrap(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the bootstrap directory of an installed wheel that no environment has on its path."""
    return installed_beside(tmp_path_factory.mktemp("beside"))


@pytest.fixture
def new_lambda(start: Start, bootstrap: Path, tmp_path: Path) -> Iterator[NewLambda]:
    """Start Lambda functions as zappa deploys them; their processes end with the test."""
    made: list[Lambda] = []

    def make(
        module: str,
        variables: dict[str, str],
        *,
        zappa: str = "zappa",
        kind: str = "asgi",
        with_us: bool = True,
    ) -> Lambda:
        needed = ["sentry-sdk", "awslambdaric", "fastapi", "flask", zappa]
        python = venv(sys.executable, *needed)
        directory = tmp_path / "function"  # the same each time: events name the files
        shutil.copytree(APPS, directory, dirs_exist_ok=True)
        (directory / "zappa_settings.py").write_text(
            SETTINGS.format(module=module, kind=kind, variables=variables)
        )
        found = [python, "-c", "import zappa.handler; print(zappa.handler.__file__)"]
        handler = subprocess.run(found, capture_output=True, text=True, check=True).stdout.strip()
        shutil.copy(handler, directory / "handler.py")
        environ = {"SENTRY_DSN": None, "SENTRY_ASGI_LOG_LEVEL": "info"}
        if with_us:
            environ["PYTHONPATH"] = str(bootstrap)
        handler = "handler.lambda_handler"
        made.append(Lambda(start, handler, environ, python=python, cwd=directory, bootstrap=False))
        return made[-1]

    yield make
    for function in made:
        function.close()


def exercise(function: Lambda, project: Project) -> tuple[list[Any], list[Any]]:
    """Invoke the function twice, and give the events and the transactions that arrive while it is frozen."""
    for number, path in enumerate(["/ok", "/boom"], start=1):
        kind, answer = function.invoke(api_gateway_2(path, "colour=red"))
        assert (kind, answer["statusCode"]) == ("response", 500 if path == "/boom" else 200)
        project.wait("transaction", number)
    return project.wait("event"), project.wait("transaction", 2)


@pytest.mark.parametrize("zappa", RELEASES)
@pytest.mark.parametrize(("module", "with_middleware"), [("raw3", True), ("fastapi_app", False)])
def test_a_function_sends_what_it_would_send_instrumented_by_hand(
    module: str, with_middleware: bool, zappa: str, new_lambda: NewLambda, new_project: Callable[[], Project]
) -> None:
    project, by_hand = new_project(), new_project()
    function = new_lambda(module, {"SENTRY_DSN": project.dsn}, zappa=zappa)
    ours = exercise(function, project)
    assert function.process.output.count("is instrumented by") == 1

    variables = {"SENTRY_DSN": by_hand.dsn, "APP": module, "WITH_MIDDLEWARE": "1" if with_middleware else ""}
    function = new_lambda("by_hand", variables, zappa=zappa, with_us=False)
    for path in ("/ok", "/boom"):
        function.invoke(api_gateway_2(path, "colour=red"))

    def has_sent() -> bool:
        # Nothing is flushed: it sends as it runs once more.
        function.invoke(api_gateway_2("/ok"))
        return len(by_hand.items("transaction")) >= 2 and bool(by_hand.items("event"))

    until(has_sent, "what the function sends by hand")
    theirs = by_hand.wait("event"), by_hand.wait("transaction", 2)[:2]

    for item in ours[0]:
        del item["modules"]["sentry-asgi-autoconf"]  # is not on the path of the other
    for our_items, their_items in zip(ours, theirs, strict=True):
        assert [normalised(item) for item in our_items] == [normalised(item) for item in their_items]
    assert ours[0][0]["contexts"]["asgi_server"]["name"] == "zappa"


@pytest.mark.parametrize("event", [api_gateway_1, load_balancer])
def test_each_kind_of_event_is_reported(
    event: Callable[[str], Any], new_lambda: NewLambda, project: Project
) -> None:
    function = new_lambda("raw3", {"SENTRY_DSN": project.dsn})
    assert function.invoke(event("/boom"))[1]["statusCode"] in (500, "500")
    (error,) = project.wait("event")
    assert error["exception"]["values"][-1]["type"] == "ZeroDivisionError"


def test_a_wsgi_app_is_left_alone(new_lambda: NewLambda, project: Project) -> None:
    function = new_lambda("flask_app", {"SENTRY_DSN": project.dsn}, kind="wsgi")
    assert function.invoke(api_gateway_2("/ok"))[1]["statusCode"] == 200
    assert "sentry-asgi-autoconf" not in function.process.output
    assert project.items() == []
