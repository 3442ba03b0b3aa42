"""The environments that are measured: what an app needs, and one product beside it."""

from __future__ import annotations

import importlib.util
import json
import sys
from pathlib import Path

from tests.benchmarks.commands import output
from tests.harness.server import environment
from tests.harness.venvs import venv, wheel

MINIMAL = ("uvicorn", "starlette")
SERVICE = ("uvicorn", "fastapi", "sqlalchemy", "redis", "httpx", "boto3", "celery", "openai")
SERVED = ("uvicorn", "granian", "gunicorn", "httptools", "uvloop", "fastapi")
WORKING = (*SERVED, "sqlalchemy", "httpx")

# What each product's documentation has one install; OpenTelemetry, one distribution for each library.
_PRODUCTS = {
    "sentry": ("sentry-sdk",),
    "opentelemetry": ("opentelemetry-distro", "opentelemetry-exporter-otlp"),
    "datadog": ("ddtrace",),
    "newrelic": ("newrelic",),
}
_INSTRUMENTATIONS = {
    "starlette": "starlette",
    "fastapi": "fastapi",
    "sqlalchemy": "sqlalchemy",
    "redis": "redis",
    "httpx": "httpx",
    "boto3": "botocore",
    "celery": "celery",
    "openai": "openai-v2",
}


class Environments:
    """Environments by what an app needs and the product beside it, made when they are first asked for."""

    def __init__(self, python: str, *, here: bool = False) -> None:
        """Make them of `python`; or, `here`, let the running interpreter stand for every one."""
        #: The releases of the products and servers in the environments that were made.
        self.releases: dict[str, str] = {}
        self._here = here
        self._base = python
        self._made: dict[tuple[tuple[str, ...], str], str] = {}
        self._bootstraps: dict[str, str] = {}
        self._wheel: Path | None = None

    def have(self, libraries: tuple[str, ...]) -> bool:
        """Return whether all of these can be had: the running interpreter has what it has."""
        return not self._here or all(importlib.util.find_spec(name) for name in libraries)

    def python(self, libraries: tuple[str, ...], product: str) -> str:
        """Return the Python of the environment that has `libraries`, and `product` (a key of the products, or none)."""
        if self._here:
            return sys.executable
        key = (libraries, product)
        if key not in self._made:
            self._made[key] = venv(self._base, *libraries, *_requirements(libraries, product))
            if product == "sentry":
                # One for all environments, whatever is edited meanwhile.
                self._wheel = self._wheel or wheel()
                _install(self._wheel, self._made[key])
            self.releases.update(_releases(self._made[key], product))
        return self._made[key]

    def bootstrap(self, python: str) -> str:
        """Return the directory that goes on PYTHONPATH in one of these environments."""
        if python not in self._bootstraps:
            command = [python, "-m", "sentry_asgi_autoconf", "path"]
            self._bootstraps[python] = output(command, environment(bootstrap=False), Path("/")).strip()
        return self._bootstraps[python]


def _releases(python: str, product: str) -> dict[str, str]:
    listed = json.loads(output([python, "-m", "pip", "list", "--format", "json"]))
    found = {each["name"].lower(): each["version"] for each in listed}
    return {name: found[name] for name in (*_PRODUCTS[product], *SERVED) if name in found}


def _requirements(libraries: tuple[str, ...], product: str) -> list[str]:
    needed = list(_PRODUCTS[product])
    if product == "opentelemetry":
        wanted = [_INSTRUMENTATIONS[name] for name in libraries if name in _INSTRUMENTATIONS]
        needed += [f"opentelemetry-instrumentation-{name}" for name in wanted]
    return needed


def _install(wheel: Path, python: str) -> None:
    """Install the wheel, unless it is what this environment has."""
    installed = Path(python).parents[1] / "installed"
    if installed.exists() and installed.read_text() == str(wheel):
        return
    pip = [python, "-m", "pip", "--quiet"]
    output([*pip, "install", str(wheel)])  # with what it needs
    output([*pip, "install", "--no-deps", "--force-reinstall", str(wheel)])
    installed.write_text(str(wheel))
