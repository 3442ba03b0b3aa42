"""A suite of two tests, in the manner of the SDK's, meets the package where it should, and nowhere else."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Iterator

import pytest

from sentry_asgi_autoconf.inbox.server import BackgroundInbox
from tests.conformance import differences
from tests.conformance.running import Run, Runner
from tests.conformance.suites import Suite

CONFTEST = """
import pytest, sentry_sdk
from sentry_sdk.transport import Transport

class Kept(Transport):
    def __init__(self):
        super().__init__()
        self.events = []
    def capture_envelope(self, envelope):
        self.events += [item.payload.json for item in envelope.items if item.type == "event"]

@pytest.fixture
def sentry_init():
    def init(*args, **kwargs):
        kwargs.setdefault("transport", Kept())
        client = sentry_sdk.Client(*args, **kwargs)
        sentry_sdk.get_global_scope().set_client(client)
        return client.transport.events
    yield init
    sentry_sdk.get_global_scope().set_client(None)
"""

TESTS = """
import pytest, sentry_sdk
from sentry_sdk.integrations import Integration
from sentry_sdk.integrations.asgi import SentryAsgiMiddleware
from starlette.testclient import TestClient

class Own(Integration):
    identifier = "own"
    @staticmethod
    def setup_once():
        pass

async def fails(scope, receive, send):
    raise ValueError("on purpose")

def served(app):
    with pytest.raises(ValueError):
        TestClient(app).get("/here")

def test_the_event_of_a_served_app(sentry_init):
    events = sentry_init(environment="tested", integrations=[Own()])
    served(SentryAsgiMiddleware(fails))
    (event,) = events
    assert event["environment"] == "tested"
    assert event["request"]["url"] == "http://testserver/here"
    assert sentry_sdk.get_client().get_integration(Own) is not None

def test_the_name_of_the_mechanism(sentry_init):
    events = sentry_init()
    served(SentryAsgiMiddleware(fails))
    assert events[0]["exception"]["values"][0]["mechanism"]["type"] == "asgi"

def test_a_middleware_with_arguments_stays(sentry_init):
    events = sentry_init()
    served(SentryAsgiMiddleware(fails, mechanism_type="mine"))
    (event,) = events
    assert event["exception"]["values"][0]["mechanism"]["type"] == "mine"

def test_an_argument_that_the_sdk_refuses(sentry_init):
    with pytest.raises(TypeError):
        sentry_init("https://key@localhost/1", {}, {})

def test_nothing_of_the_test_before(sentry_init):
    assert sentry_sdk.Client(dsn="https://key@localhost/1").options["environment"] == "production"
"""


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Run, Run]]:
    """Run the suite bare and with the package, in the environment of these tests."""
    directory = tmp_path_factory.mktemp("suite")
    (directory / "conftest.py").write_text(CONFTEST)
    (directory / "test_suite.py").write_text(TESTS)
    suite = Suite("example", "sentry-sdk", ("test_suite.py",), (), processes=0)
    with BackgroundInbox() as inbox:
        runner = Runner(suite, Path(directory), sys.executable, inbox)
        yield runner.run(here=False), runner.run(here=True)


def test_bare_no_test_meets_the_package(runs: tuple[Run, Run]) -> None:
    bare, _ = runs
    assert bare.count("passed") == 5, bare.output
    assert (bare.used("initialised"), bare.used("wrapped")) == (0, 0)


def test_here_clients_are_made_of_settings_and_served_apps_are_wrapped(runs: tuple[Run, Run]) -> None:
    _, here = runs
    assert (here.used("initialised"), here.used("wrapped")) == (3, 3), here.output


def test_what_differs_by_this_package_is_found(runs: tuple[Run, Run]) -> None:
    found = differences.between(*runs)
    assert list(found) == ["test_suite.py::test_the_name_of_the_mechanism"], runs[1].output
    assert "asgi_autoconf" in found["test_suite.py::test_the_name_of_the_mechanism"].here.text
