"""Say whether this is a subinterpreter, in which the SDK cannot send: it may not start the thread that does."""

from __future__ import annotations

import importlib
from typing import Any

# Of Python 3.13 and newer; of those before. They are what concurrent.interpreters stands on, which comes with 3.14.
_MODULES = ("_interpreters", "_xxsubinterpreters")


def is_this() -> bool:
    """Whether the running interpreter is another than the process's main one."""
    for name in _MODULES:
        try:
            interpreters: Any = importlib.import_module(name)
            return bool(interpreters.get_current() != interpreters.get_main())
        except (AttributeError, ImportError):
            continue
    return False
