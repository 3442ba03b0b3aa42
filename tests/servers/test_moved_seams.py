"""A release without the place that an adapter patches is named in one line, and goes on."""

from __future__ import annotations

from types import ModuleType
from typing import Any

import pytest

from sentry_asgi_autoconf.servers import joining


class Handler:
    """A handler that keeps its app elsewhere than the releases that the adapters know."""

    def __init__(self, app: Any) -> None:
        self.moved = app

    def __call__(self, *arguments: Any) -> str:
        return "served"


TRIGGERS = {
    "a2wsgi.asgi": "has no a2wsgi.asgi.ASGIMiddleware",
    "awslambdaric.bootstrap": "has no awslambdaric.bootstrap._get_handler",
    "azure.functions._http_asgi": "has no azure.functions._http_asgi.AsgiMiddleware",
    "mangum.adapter": "has no mangum.adapter.Mangum",
    "modal._runtime.asgi": "has no modal._runtime.asgi.asgi_app_wrapper",
    "modal._runtime.user_code_imports": "has no modal._runtime.user_code_imports.import_single_function_service",
    "ray.serve.handle": "has no ray.serve.handle.RequestMetadata",
    "socketify.asgi": "has no socketify.asgi._ASGI",
    "socketify.cli": "has no socketify.cli.load_module",
    "zappa.asgi": "has no zappa.asgi.ASGIHandler",
}


@pytest.mark.parametrize(("trigger", "what"), TRIGGERS.items())
def test_a_release_without_the_seam(trigger: str, what: str, capsys: pytest.CaptureFixture[str]) -> None:
    joining.join(ModuleType(trigger))
    (line,) = capsys.readouterr().err.splitlines()
    assert what in line
    assert line.endswith("[adapter-failed]")


@pytest.mark.parametrize(
    ("trigger", "kind", "attribute"),
    [("mangum.adapter", "Mangum", "app"), ("a2wsgi.asgi", "ASGIMiddleware", "app")],
)
def test_a_handler_that_keeps_its_app_elsewhere(
    trigger: str, kind: str, attribute: str, capsys: pytest.CaptureFixture[str]
) -> None:
    module: Any = ModuleType(trigger)
    handler = type(kind, (Handler,), {})
    setattr(module, kind, handler)
    joining.join(module)
    for _ in range(2):
        assert handler(len)(1, 2) == "served"
    (line,) = capsys.readouterr().err.splitlines()
    assert f"has no {kind}.{attribute}: not instrumented" in line
