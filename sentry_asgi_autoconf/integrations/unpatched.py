"""References that one instrumented library takes of another: as in the SDK's way, to what is not patched.

There all libraries are imported before the first is patched. Here a library may be imported that takes a function
by name from one that is patched already.
"""

from __future__ import annotations

import sys
from types import ModuleType
from typing import Any, Iterator

from sentry_asgi_autoconf.integrations.auto_enabling import REPLACED

_originals: dict[tuple[str, str], Any] = {}


def remember() -> None:
    """Keep what integrations that are set up from now on may replace."""
    for place in REPLACED:
        function = _at(place)
        if function is not None:
            _originals.setdefault(place, function)


def give_back(library: str) -> None:
    """Let the modules of a library that has just been imported refer to the originals."""
    for place, original in _originals.items():
        replacement = _at(place)
        if replacement is None or replacement is original or place[0].startswith(f"{library}."):
            continue
        for module, alias in list(_references(library, replacement)):
            setattr(module, alias, original)


def _at(place: tuple[str, str]) -> Any:
    module, name = place
    return getattr(sys.modules.get(module), name, None)


def _references(library: str, function: Any) -> Iterator[tuple[ModuleType, str]]:
    for name, module in list(sys.modules.items()):
        # Whatever else a library may have put there need not have attributes.
        if isinstance(module, ModuleType) and f"{name}.".startswith(f"{library}."):
            for alias, value in list(vars(module).items()):
                if value is function:
                    yield module, alias
