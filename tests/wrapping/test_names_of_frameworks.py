"""What the package knows of frameworks by module and name is there, in each that is installed."""

from __future__ import annotations

import importlib
import importlib.util

import pytest

from sentry_asgi_autoconf.status import unknown_server
from sentry_asgi_autoconf.wrapping import made_before, wrap

KNOWN = {
    *wrap._FRAMEWORKS,
    wrap._SENTRY_MIDDLEWARE,
    wrap._SENTRY_WSGI_MIDDLEWARE,
    *((module, name) for makers in made_before._MAKERS.values() for module, name, _ in makers),
    *unknown_server.APP_CLASSES.items(),
}
# Of other releases than those that are installed, or of frameworks that are not.
ELSEWHERE = ("bottle", "falcon", "pyramid", "starlite")


@pytest.mark.parametrize(("module", "name"), sorted(KNOWN))
def test_each_class_is_there(module: str, name: str) -> None:
    package = module.partition(".")[0]
    if importlib.util.find_spec(package) is None:
        assert package in ELSEWHERE
    else:
        found = getattr(importlib.import_module(module), name)
        assert (found.__module__, found.__name__) == (module, name)
