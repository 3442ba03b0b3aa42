"""The suites that are run: where their tests are, what they need, and how this package gets into their path."""

from __future__ import annotations

import sys
from importlib import metadata
from typing import NamedTuple

# What all of the SDK's tests need. pytest-forked, which some of them ask for, works with these releases alone.
_SDK_TOOLS = (
    *("pytest<9", "pytest-forked<1.7", "pytest-xdist", "pytest-asyncio", "pytest-localserver"),
    *("jsonschema", "werkzeug"),
)
_STARLETTE = (
    "fastapi",
    "starlette",
    "async-asgi-testclient",
    "httpx",
    "httpx2",
    "jinja2",
    "python-multipart",
)
_CORE = ("executing", "asttokens", "pure-eval", "httpcore[asyncio,http2,socks]", "pysocks")


class Suite(NamedTuple):
    """Tests that come with the sdist of `distribution`, and the distributions that they need.

    `takes_settings` says how this package gets into their path: by the values that they give their Sentry client, as
    settings, or by the bootstrap and an environment that has settings. They run in so many `processes` at once.
    """

    name: str
    distribution: str
    tests: tuple[str, ...]
    needs: tuple[str, ...]
    options: tuple[str, ...] = ()
    takes_settings: bool = True
    processes: int = 2

    @property
    def release(self) -> str:
        """The release of the distribution whose tests these are: the one that is installed."""
        return metadata.version(self.distribution)

    @property
    def environment(self) -> list[str]:
        """A Python and what it needs: of what this project's own tests use, the release that is installed for them."""
        return [sys.executable, *map(_pinned, (self.distribution, *self.needs))]


def _pinned(requirement: str) -> str:
    try:
        return f"{requirement}=={metadata.version(requirement.partition('[')[0])}"
    except (metadata.PackageNotFoundError, ValueError):
        return requirement


def _of_sdk(name: str, needs: tuple[str, ...], *tests: str) -> Suite:
    return Suite(name, "sentry-sdk", tests, (*_SDK_TOOLS, *needs))


def _of_server(name: str, *needs: str, options: tuple[str, ...] = (), processes: int = 2) -> Suite:
    needed = ("sentry-sdk", "pytest", "pytest-xdist", *needs)
    return Suite(name, name, ("tests",), needed, options, takes_settings=False, processes=processes)


_ALL = (
    _of_sdk("asgi", _STARLETTE, "tests/integrations/asgi"),
    _of_sdk("starlette", _STARLETTE, "tests/integrations/starlette"),
    _of_sdk("fastapi", _STARLETTE, "tests/integrations/fastapi"),
    _of_sdk("litestar", ("litestar", "httpx"), "tests/integrations/litestar"),
    _of_sdk("quart", ("quart", "quart-auth", "quart-flask-patch"), "tests/integrations/quart"),
    _of_sdk("sanic", ("sanic", "sanic-testing", "aiohttp"), "tests/integrations/sanic"),
    _of_sdk("django", ("django", "channels[daphne]", "pytest-django"), "tests/integrations/django/asgi"),
    _of_sdk("basics", _CORE, "tests/test_basics.py"),
    _of_sdk("scope", _CORE, "tests/test_scope.py"),
    _of_sdk("client", _CORE, "tests/test_client.py"),
    _of_sdk("tracing", _CORE, "tests/tracing"),
    _of_server(
        "uvicorn",
        *("a2wsgi", "cryptography", "httptools", "httpx", "httpx2", "pytest-mock", "python-dotenv", "pyyaml"),
        *("trustme", "uvloop", "watchfiles", "websockets", "wsproto", "zttp"),
        options=("--ignore=tests/benchmarks",),
    ),
    _of_server("hypercorn", "httpx", "hypothesis", "mock", "pytest-asyncio", "pytest-trio", "trio"),
    # The same random requests bare and with this package. Each test's server leaves what it has seen in the same file.
    _of_server(
        *("daphne", "django", "hypothesis", "pytest-asyncio"),
        options=("--hypothesis-seed=0",),
        processes=0,
    ),
)
SUITES = {suite.name: suite for suite in _ALL}
