"""Find the app."""

from __future__ import annotations

import importlib
from typing import Any


def load_app(import_string: str) -> Any:
    """Import `package.module:attribute`; `package.module:factory()` is called."""
    module, _, attribute = import_string.partition(":")
    found = getattr(importlib.import_module(module), attribute.replace("()", ""))
    return found() if attribute.endswith("()") else found
