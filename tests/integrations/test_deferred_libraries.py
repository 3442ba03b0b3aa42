"""Each library that is imported is instrumented as in the SDK's own way; no other is imported."""

from __future__ import annotations

import importlib.util
from typing import Any

import pytest

from sentry_asgi_autoconf.integrations.auto_enabling import LIBRARIES
from tests.integrations.instrumentation import assert_equal, imported_by, libraries, report


def is_here(library: str) -> bool:
    """Whether the library is installed beside the tests."""
    try:
        return importlib.util.find_spec(library) is not None
    except ModuleNotFoundError:  # its parent
        return False


HERE = sorted(filter(is_here, LIBRARIES.values()))


@pytest.fixture(scope="module")
def eager() -> dict[str, Any]:
    """Return what is instrumented after init in the SDK's way, which imports all libraries."""
    return report("", "eager")


def test_no_library_is_imported_by_init() -> None:
    found = report("")
    assert libraries(found) == set()
    assert not set(LIBRARIES).intersection(found["integrations"])
    assert found["name"] == "sentry.python"


def test_the_sdk_s_way_imports_them(eager: dict[str, Any]) -> None:
    assert libraries(eager) == set(HERE)


@pytest.mark.parametrize("library", HERE)
def test_a_library_is_instrumented_when_it_is_imported(library: str, eager: dict[str, Any]) -> None:
    found = report(f"import {library}")
    assert library in found["modules"]
    assert libraries(found) == imported_by(f"import {library}")
    assert_equal(found, eager)


@pytest.mark.parametrize(
    "code",
    [
        "from starlette.requests import Request\nimport fastapi",
        "from httpx import get, Client, AsyncClient",
        "from django.shortcuts import render",
        "import threading\nt = threading.Thread(target=__import__, args=['fastapi'])\nt.start()\nt.join()",
        "import " + ", ".join(HERE),
        "import " + ", ".join(reversed(HERE)),
    ],
)
def test_ways_to_import(code: str, eager: dict[str, Any]) -> None:
    assert_equal(report(code), eager)


def test_what_a_library_puts_in_the_place_of_a_module_need_not_be_one(eager: dict[str, Any]) -> None:
    assert_equal(
        report("import starlette, sys\nsys.modules['fastapi.odd'] = object()\nimport fastapi"), eager
    )


def test_what_is_imported_before_init_is_instrumented_by_init(eager: dict[str, Any]) -> None:
    found = report(
        "import httpx, flask\nimport sentry_asgi_autoconf\nsentry_asgi_autoconf.activate()",
        environ={"SENTRY_ASGI_PROCESSES": "servers"},
    )
    assert libraries(found) >= {"httpx", "flask"}
    assert_equal(found, eager)


def test_the_sdk_is_named_after_the_framework_that_is_imported() -> None:
    assert report("import fastapi")["name"] == "sentry.python.fastapi"


def test_modules_of_the_sdk_that_look_for_a_library_find_it_once_it_is_imported() -> None:
    code = (
        "import sys\n"
        "from sentry_sdk.integrations import _wsgi_common\n"
        "assert 'django' not in sys.modules and _wsgi_common.RawPostDataException is None\n"
        "import django\n"
        "from django.http.request import RawPostDataException\n"
        "assert _wsgi_common.RawPostDataException is RawPostDataException"
    )
    assert "django" in report(code)["integrations"]


def test_spotlight_has_django_at_init_as_in_the_sdk_s_way(eager: dict[str, Any]) -> None:
    code = (
        "import io, sys, sentry_asgi_autoconf\n"
        "sys.stderr = io.StringIO()  # on which the SDK greets\n"
        "sentry_asgi_autoconf.activate()"
    )
    on = {"SENTRY_ASGI_PROCESSES": "servers", "SENTRY_SPOTLIGHT": "http://127.0.0.1:9/stream"}
    found = report(code, environ=on)
    assert libraries(found) == {"django"}
    assert_equal(found, eager)


def test_the_client_s_options_are_as_they_were_given() -> None:
    assert report("")["auto_enabling_integrations"] is True
