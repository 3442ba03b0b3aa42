"""The map of integration to library is that of the installed SDK; what it does not have is set up in the SDK's way."""

from __future__ import annotations

import ast
import importlib.util
import sys
from pathlib import Path
from typing import Iterator

import pytest
from sentry_sdk import integrations

from sentry_asgi_autoconf.integrations.auto_enabling import EXTENSIONS, LIBRARIES
from tests.integrations.instrumentation import libraries, report

AUTO_ENABLING = {
    import_string.split(".")[-2]: import_string for import_string in integrations._AUTO_ENABLING_INTEGRATIONS
}
# What integrations import beside their libraries and patch nothing in, or that their libraries import themselves.
OTHERS = {
    "celery": {"billiard", "kombu"},
    "django": {"urllib3"},
    "flask": {"blinker", "markupsafe", "quart"},
    "google_genai": {"PIL"},
    "gql": {"graphql"},
    "openai": {"tiktoken"},
    "quart": {"flask"},
    "starlette": {"markupsafe", "multipart", "python_multipart"},
    "starlite": {"pydantic"},
}
START = "import sentry_asgi_autoconf\nsentry_asgi_autoconf.activate()\n"
BEFORE_START = {"SENTRY_ASGI_PROCESSES": "servers"}


def sources(integration: str) -> Iterator[ast.Module]:
    """Yield the source of each of an integration's modules, whose library need not be installed."""
    spec = importlib.util.find_spec(f"{integrations.__name__}.{integration}")
    assert spec is not None
    assert spec.origin is not None
    is_package = spec.submodule_search_locations is not None
    for path in sorted(Path(spec.origin).parent.rglob("*.py")) if is_package else [Path(spec.origin)]:
        yield ast.parse(path.read_text())


def identifier(integration: str) -> str:
    """Return the identifier of an integration's class, written there or in a constant of the module."""
    class_name = AUTO_ENABLING[integration].rpartition(".")[2]
    nodes = [node for source in sources(integration) for node in ast.walk(source)]
    constants = {ast.unparse(node.targets[0]): node.value for node in nodes if isinstance(node, ast.Assign)}
    (written,) = [
        line.value
        for node in nodes
        if isinstance(node, ast.ClassDef) and node.name == class_name
        for line in node.body
        if isinstance(line, ast.Assign) and ast.unparse(line.targets[0]) == "identifier"
    ]
    return str(ast.literal_eval(constants.get(ast.unparse(written), written)))


def imported(integration: str) -> set[str]:
    """Return all modules that an integration imports at any time, but for the type checker."""
    found: set[str] = set()
    for source in sources(integration):
        for_types = {
            id(inner)
            for node in ast.walk(source)
            if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"
            for inner in ast.walk(node)
        }
        for node in (node for node in ast.walk(source) if id(node) not in for_types):
            if isinstance(node, ast.Import):
                found.update(alias.name for alias in node.names)
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                found.update([node.module, *(f"{node.module}.{alias.name}" for alias in node.names)])
            elif isinstance(node, ast.Call) and ast.unparse(node.func) == "import_module":
                found.update(
                    str(argument.value) for argument in node.args if isinstance(argument, ast.Constant)
                )
    return found


def test_the_library_of_each_integration_of_the_installed_sdk_is_known() -> None:
    assert [name for name in AUTO_ENABLING if name not in LIBRARIES] == []


@pytest.mark.parametrize("integration", AUTO_ENABLING)
def test_an_integration_is_told_by_its_identifier_before_it_is_imported(integration: str) -> None:
    assert identifier(integration) == integration


@pytest.mark.parametrize("integration", AUTO_ENABLING)
def test_an_integration_patches_the_library_that_it_waits_for(integration: str) -> None:
    library = LIBRARIES[integration]
    assert any(f"{module}.".startswith(f"{library}.") for module in imported(integration))


@pytest.mark.parametrize("integration", AUTO_ENABLING)
def test_an_integration_imports_no_other_library_that_has_to_be_waited_for(integration: str) -> None:
    known = {name.partition(".")[0] for name in (LIBRARIES[integration], *EXTENSIONS.get(integration, ()))}
    found = {module.partition(".")[0] for module in imported(integration)}
    further = found.difference(known, OTHERS.get(integration, ()), sys.stdlib_module_names, {"sentry_sdk"})
    assert further == set()


def test_an_integration_of_a_newer_sdk_is_set_up_at_init() -> None:
    code = (
        "from sentry_sdk import integrations\n"
        "integrations._AUTO_ENABLING_INTEGRATIONS.append('newlib.NewIntegration')\n"
    )
    assert "newlib" in report(code + START, environ=BEFORE_START)["integrations"]


def test_an_integration_that_is_not_known_is_set_up_in_the_sdk_s_way_with_its_library() -> None:
    code = (
        "from sentry_asgi_autoconf.integrations import auto_enabling\ndel auto_enabling.LIBRARIES['httpx']\n"
    )
    found = report(code + START, environ=BEFORE_START)
    assert libraries(found) == {"httpx"}
    assert {"httpx"} == {"httpx", "starlette"}.intersection(found["integrations"])
    assert "httpx.Client.send" in found["patched"]
