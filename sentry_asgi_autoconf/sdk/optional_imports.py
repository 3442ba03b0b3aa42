"""Keep modules of the SDK from importing libraries that they only look for, until the app imports those."""

from __future__ import annotations

import importlib
import sys
from typing import Any, Mapping

import sentry_sdk

_COMMON = "sentry_sdk.integrations._wsgi_common"
_SPOTLIGHT = "sentry_sdk.spotlight"
_STDLIB = "sentry_sdk.integrations.stdlib"

# What they look for as they are imported changes what they do.
_AT_IMPORT: Mapping[str, str] = {_COMMON: "django", _SPOTLIGHT: "django", _STDLIB: "botocore"}
# What they look for in a function: whether the app has imported it, or nothing that concerns this interpreter.
_LATER: Mapping[str, str] = {
    "sentry_sdk.integrations.flask": "quart",
    **({"sentry_sdk.integrations.threading": "django"} if sys.version_info >= (3, 9) else {}),
}
# What the integration calls at setup to patch the library that its module looks for.
_PATCH = "_patch_aws_connection"

_allowed: set[str] = set()
_without: set[str] = set()


def prepare(given: Mapping[str, Any]) -> None:
    """Let the SDK import, ahead of an init with these arguments, what it could not be given later."""
    if given.get("spotlight") is not False:
        _allow(_SPOTLIGHT)  # changes Django's settings at init
    for module in (_STDLIB, _COMMON):
        # Now, without the libraries: not while other threads are importing those.
        importlib.import_module(module)
    if not hasattr(sys.modules[_STDLIB], _PATCH):
        _allow(_STDLIB)


def is_refused(library: str) -> bool:
    """Whether the import that is going on in this thread is one of a module that only looks for the library."""
    importer = _importer()
    if importer in _allowed or library not in (_AT_IMPORT.get(importer), _LATER.get(importer)):
        return False
    if importer in _AT_IMPORT:
        _without.add(importer)
    return True


def look_again(library: str) -> None:
    """Have the modules find a library that has been imported meanwhile."""
    for module in [module for module in _without if _AT_IMPORT[module] == library]:
        _execute_again(module)
        if module == _STDLIB and sentry_sdk.get_client().get_integration("stdlib") is not None:
            getattr(sys.modules[module], _PATCH)()


def _allow(module: str) -> None:
    _allowed.add(module)
    if module in _without:
        _execute_again(module)


def _execute_again(module: str) -> None:
    _without.discard(module)
    # In the same namespace, so that what the module has patched already sees the library.
    importlib.reload(sys.modules[module])


def _importer() -> str:
    frame = sys._getframe(3)  # the import machinery, which asks the finder
    while frame.f_back is not None and frame.f_code.co_filename.startswith("<frozen importlib"):
        frame = frame.f_back
    return str(frame.f_globals.get("__name__"))
