"""What docs/adapters.md tells the authors of adapters is what they are handed."""

from __future__ import annotations

import inspect
import re

from sentry_asgi_autoconf.servers.server import AdapterRuntime, Server
from tests.harness.server import ROOT

PAGE = (ROOT / "docs" / "adapters.md").read_text()


def call(function: object) -> str:
    """Return a method's name and parameters as the page writes them: without types and `self`."""
    assert inspect.isfunction(function)
    parameters = [
        parameter.replace(annotation=parameter.empty)
        for parameter in list(inspect.signature(function).parameters.values())[1:]
    ]
    return f"{function.__name__}{inspect.Signature(parameters)}"


def test_each_method_of_a_server_is_explained_with_its_parameters_and_no_other_is() -> None:
    methods = [call(value) for name, value in vars(Server).items() if name[0] != "_" and callable(value)]
    attributes = [name for name in vars(Server) if name[0] != "_" and not callable(vars(Server)[name])]
    attributes.append("distribution")
    assert sorted(re.findall(r"^### `(.+)`$", PAGE, re.MULTILINE)) == sorted(methods + attributes)


def test_the_call_that_gives_a_server_is_as_the_page_says() -> None:
    assert f"## `runtime.{call(AdapterRuntime.server)}`\n" in PAGE
