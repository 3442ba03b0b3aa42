"""The libraries that services are made of, in releases old and new, with SDKs old and new."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any, Mapping

import pytest

from tests.harness.venvs import installed_beside, release_beside, venv
from tests.integrations.instrumentation import assert_equal, imported_by, libraries, output, report

pytestmark = pytest.mark.matrix

OURS = ("sentry-sdk",)
SERVICE = {
    "uvicorn": "uvicorn",
    "fastapi": "fastapi",
    "sqlalchemy": "sqlalchemy",
    "redis": "redis",
    "httpx": "httpx",
    "boto3": "boto3",
    "celery": "celery",
    "celery-redbeat": "redbeat",
    "openai": "openai",
}
# What an integration imports itself, to patch it along with its library: redbeat, which imports redis.
BROUGHT = {"celery": {"redis"}}
# Libraries that take the place of others, that extend others, and one in a namespace.
FURTHER = {
    "aiohttp": "aiohttp",
    "google-genai": "google.genai",
    "langchain": "langchain",
    "langchain-openai": "langchain_openai",
    "langgraph": "langgraph.prebuilt",
    "loguru": "loguru",
    "openai-agents": "agents",
    "pymongo": "pymongo",
    "strawberry-graphql": "strawberry",
}
OLD = (
    *("pydantic<2.8", "fastapi==0.100.1", "httpx==0.24.1", "redis==3.5.3", "redis-py-cluster==2.1.3"),
    *(
        "flask==2.2.5",
        "werkzeug==2.2.3",
        "blinker",
        "graphene==3.3",
        "openai==1.9.0",
        "sqlalchemy<2",
        "boto3==1.26.0",
    ),
)
# By what is imported, one of the integrations that are set up then.
OLD_IMPORTS = {
    "fastapi": "fastapi",
    "starlette.requests, fastapi": "starlette",
    "rediscluster": "redis",
    "flask": "flask",
    "graphene": "graphene",
    "openai": "openai",
    "sqlalchemy.orm": "sqlalchemy",
    "boto3": "boto3",
}
BOTO3 = """
import http.server, threading
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        signed = self.headers["Authorization"].partition("SignedHeaders=")[2].partition(",")[0]
        print("asked with", sorted(name.lower() for name in self.headers), signed)
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()
    def log_message(self, *arguments): pass
server = http.server.HTTPServer(("127.0.0.1", 0), Handler)
threading.Thread(target=server.serve_forever, daemon=True).start()
import boto3, sentry_sdk
client = boto3.client(
    "s3", endpoint_url=f"http://127.0.0.1:{server.server_port}", region_name="eu-west-1",
    aws_access_key_id="key", aws_secret_access_key="secret",
)
with sentry_sdk.start_transaction(name="reading"):
    client.get_object(Bucket="bucket", Key="key")
    spans = [span.op for span in sentry_sdk.get_current_scope().span._span_recorder.spans]
print("traced as", spans)
"""


class Environment:
    """An environment with libraries, and what is instrumented there in the SDK's way."""

    def __init__(self, bootstrap: Path, *requirements: str, before: Path | None = None) -> None:
        self._python = venv(sys.executable, *requirements)
        self._path = os.pathsep.join(map(str, [bootstrap, *filter(None, [before])]))
        self._eager: dict[str, dict[str, Any]] = {}

    def report(self, code: str, mode: str = "deferred", **environ: str) -> dict[str, Any]:
        """Run `code` there, and give what is instrumented then."""
        return report(code, mode, {"PYTHONPATH": self._path, **environ}, self._python)

    def output(self, code: str, mode: str, **environ: str) -> str:
        """Run `code` there, and give what it prints."""
        return output(code, mode, {"PYTHONPATH": self._path, **environ}, self._python)

    def imported_by(self, code: str) -> set[str]:
        """Return the libraries that `code` imports there without the SDK."""
        return imported_by(code, {"PYTHONPATH": self._path}, self._python)

    def eager(self, **environ: str) -> dict[str, Any]:
        """Return what init instruments in the SDK's way."""
        key = repr(sorted(environ.items()))
        if key not in self._eager:
            self._eager[key] = self.report("", "eager", **environ)
        return self._eager[key]

    def compare(self, code: str, **environ: str) -> dict[str, Any]:
        """Run `code`, fail unless its libraries are instrumented as in the SDK's way, and give what is."""
        found = self.report(code, **environ)
        assert_equal(found, self.eager(**environ))
        return found


@pytest.fixture(scope="module")
def bootstrap(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the bootstrap directory of an installed wheel that no environment has on its path."""
    return installed_beside(tmp_path_factory.mktemp("beside"))


@pytest.fixture(scope="module")
def new(bootstrap: Path) -> Environment:
    """Return the environment of a service with the newest libraries."""
    return Environment(bootstrap, *OURS, *SERVICE, *FURTHER)


@pytest.fixture(scope="module")
def old(bootstrap: Path) -> Environment:
    """Return an environment with libraries of some years ago."""
    return Environment(bootstrap, *OURS, *OLD)


@pytest.fixture(scope="module", params=["2.0.1", "2.20.0", "newest"])
def of_release(
    bootstrap: Path,
    old: Environment,
    request: pytest.FixtureRequest,
    tmp_path_factory: pytest.TempPathFactory,
) -> Environment:
    """Return the environment with old libraries, and one release of the SDK."""
    if request.param == "newest":
        return old
    release = release_beside(tmp_path_factory.mktemp("release"), f"sentry-sdk=={request.param}")
    return Environment(bootstrap, *OURS, *OLD, before=release)


@pytest.mark.parametrize("imported", ["", "json, asyncio, uvicorn, pydantic"])
def test_no_library_of_a_service_is_imported_for_it(imported: str, new: Environment) -> None:
    found = new.report(f"import {imported}" if imported else "")
    assert libraries(found) == set()
    assert not {"boto3", "kombu", "jinja2"}.intersection(found["modules"])


@pytest.mark.parametrize("name", [*SERVICE.values(), ", ".join(SERVICE.values())])
def test_each_library_of_a_service(name: str, new: Environment) -> None:
    found = new.compare(f"import {name}")
    assert libraries(found) == new.imported_by(f"import {name}").union(BROUGHT.get(name, ()))


@pytest.mark.parametrize("name", FURTHER.values())
def test_each_further_library(name: str, new: Environment) -> None:
    new.compare(f"import {name}")


def test_many_at_once_in_threads(new: Environment) -> None:
    code = (
        "import threading\n"
        f"threads = [threading.Thread(target=__import__, args=[name]) for name in {list(FURTHER.values())}]\n"
        "for thread in threads: thread.start()\n"
        "for thread in threads: thread.join()"
    )
    new.compare(code)


WITHOUT = {"SENTRY_DISABLED_INTEGRATIONS": "langchain,openai_agents"}


@pytest.mark.parametrize("code", ["import openai, langchain", "import langchain, openai"])
@pytest.mark.parametrize(
    ("environ", "is_active"),
    [
        ({}, False),
        (WITHOUT, True),
        ({"SENTRY_INTEGRATIONS": "openai"}, True),
    ],
)
def test_an_integration_whose_place_another_one_takes(
    environ: Mapping[str, str], is_active: bool, code: str, new: Environment
) -> None:
    found = new.compare(code, **environ)
    assert ("openai" in found["integrations"]) is is_active


@pytest.mark.parametrize("code", ["import google.genai", "from google import genai", "import openai"])
def test_the_places_that_no_other_one_takes(code: str, new: Environment) -> None:
    found = new.compare(code, **WITHOUT)
    assert {"google_genai", "openai"}.intersection(found["integrations"])


def test_an_explicit_integration_that_takes_the_place_of_others_imports_no_library(
    new: Environment,
) -> None:
    found = new.report("import openai", SENTRY_INTEGRATIONS="loguru,langchain")
    assert {"langchain", "openai"} & set(found["integrations"]) == {"langchain"}
    assert not {"agents", "google.genai", "pymongo", "strawberry"}.intersection(found["modules"])


@pytest.mark.parametrize(
    ("package", "code"),
    [("agents", "import openai"), ("langchain_core", "import openai, langchain_core")],
)
def test_a_package_that_only_has_the_name_of_another_library_takes_no_place(
    package: str, code: str, old: Environment, bootstrap: Path, tmp_path: Path
) -> None:
    (tmp_path / package).mkdir()
    (tmp_path / package / "__init__.py").touch()
    path = f"import sys\nsys.path.insert(0, {str(tmp_path)!r})\n"
    start = "import sentry_asgi_autoconf\nsentry_asgi_autoconf.activate()\n"
    beside = f"sys.path.append({str(bootstrap.parents[1])!r})\n"
    found = old.report(path + beside + start + code, SENTRY_ASGI_PROCESSES="servers")
    assert "openai" in found["integrations"]


def test_requests_to_aws_are_traced_and_signed_as_in_the_sdk_s_way(new: Environment) -> None:
    deferred, eager = (
        new.output(BOTO3, mode, SENTRY_TRACES_SAMPLE_RATE="1") for mode in ("deferred", "eager")
    )
    assert deferred == eager
    assert "sentry-trace" in deferred


@pytest.mark.parametrize(("name", "integration"), OLD_IMPORTS.items(), ids=OLD_IMPORTS)
def test_old_libraries(name: str, integration: str, of_release: Environment) -> None:
    assert integration in of_release.compare(f"import {name}")["integrations"]
