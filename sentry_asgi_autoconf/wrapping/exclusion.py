"""Tell an app by the names that an operator may know it by."""

from __future__ import annotations

import sys
from fnmatch import fnmatchcase
from types import FunctionType, MethodType
from typing import Any, Iterable, Iterator


def matches(app: Any, patterns: Iterable[str]) -> bool:
    """Whether a name of `app`, an import string or an object, matches one of the globs `package.module:attribute`."""
    patterns = list(patterns)
    return bool(patterns) and any(
        fnmatchcase(name, pattern) for name in _names_of(app) for pattern in patterns
    )


def name_of(app: Any) -> str:
    """Name an app for the operator: a function or class by itself, an object by its class."""
    named = app if isinstance(app, (type, FunctionType, MethodType)) else type(app)
    return f"{named.__module__}.{named.__qualname__}"


def _names_of(app: Any) -> Iterator[str]:
    if isinstance(app, str):
        module, colon, attribute = app.rpartition(":")
        # Some servers take paths, and a prefix for the interface.
        path = module.rpartition(":")[2] if colon else attribute
        module = path.replace("\\", "/").rpartition("/")[2]
        module = module[:-3] if module.endswith(".py") else module
        yield f"{module}:{attribute if colon else 'app'}"
        return
    for name, loaded in list(sys.modules.items()):
        for variable, value in list(getattr(loaded, "__dict__", {}).items()):
            if value is app:
                yield f"{name}:{variable}"
