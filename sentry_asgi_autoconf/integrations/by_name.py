"""Find integrations of the SDK by short name or import string."""

from __future__ import annotations

import sentry_sdk.integrations
from sentry_sdk.consts import VERSION
from sentry_sdk.integrations import DidNotEnable, Integration

from sentry_asgi_autoconf.console import printable
from sentry_asgi_autoconf.exceptions import UnknownIntegrationError, UnresolvedImportError
from sentry_asgi_autoconf.import_strings import (
    ImportReference,
    IntegrationReference,
    described,
    guarded,
    import_whole,
)
from sentry_asgi_autoconf.integrations import auto_enabling

_PACKAGE = sentry_sdk.integrations.__name__
# Modules beside the integrations that hold none.
_NO_INTEGRATIONS = frozenset(("asgi", "serverless", "wsgi"))


def instance(reference: IntegrationReference) -> Integration:
    """Make the integration, without arguments. Raises UnknownIntegrationError, UnresolvedImportError."""
    found = _find(reference)
    return found if isinstance(found, Integration) else guarded(found, f"making a {found.__name__}")


def installed_class(reference: IntegrationReference) -> type[Integration] | None:
    """Give the integration's class, or None if there is nothing to disable as its library is not installed.

    Raises UnknownIntegrationError, UnresolvedImportError.
    """
    try:
        found = _find(reference)
    except UnresolvedImportError as error:
        # A missing module of the person's own is more likely a misspelt one.
        if isinstance(error.__cause__, DidNotEnable) or _lacks_library(error, reference):
            return None
        raise
    return found if isinstance(found, type) else type(found)


def known(reference: IntegrationReference) -> IntegrationReference:
    """Return a reference that may lead to an integration, as far as its name tells. Raises UnknownIntegrationError."""
    names = short_names()
    if not reference.is_import_string and reference not in names:
        raise _unknown(reference, names)
    return reference


def disabled(reference: IntegrationReference) -> type[Integration] | None:
    """Give what disables an integration where integrations wait for their libraries, as it imports none.

    Raises UnknownIntegrationError, UnresolvedImportError.
    """
    path = reference.replace(":", ".")
    for identifier, import_string in auto_enabling.import_strings().items():
        if path in (identifier, import_string):
            return auto_enabling.stand_in(identifier)
    return installed_class(reference)


def short_names() -> list[str]:
    """Give the modules of the installed SDK that hold integrations."""
    import pkgutil

    modules = (module.name for module in pkgutil.iter_modules(sentry_sdk.integrations.__path__))
    return sorted(name for name in modules if not name.startswith("_") and name not in _NO_INTEGRATIONS)


def _find(reference: IntegrationReference) -> Integration | type[Integration]:
    return _imported(reference) if reference.is_import_string else _by_short_name(reference)


def _imported(reference: IntegrationReference) -> Integration | type[Integration]:
    try:
        found = ImportReference.parse(reference).resolve()
    except ValueError as error:
        raise UnresolvedImportError(str(error), remedy="Write it like package.module:Class.") from error
    if isinstance(found, Integration) or (isinstance(found, type) and issubclass(found, Integration)):
        return found
    raise UnresolvedImportError(
        f"it leads to an object of type {type(found).__name__}, which is no integration",
        remedy="Name a subclass of sentry_sdk.integrations.Integration.",
    )


def _by_short_name(name: str) -> type[Integration]:
    known = short_names()
    if name not in known:
        raise _unknown(name, known)
    path = f"{_PACKAGE}.{name}"
    module = _import_integration(path, name)
    classes: list[type[Integration]] = [
        value for value in vars(module).values() if _is_integration_of(value, path)
    ]
    named = [found for found in classes if found.identifier == name]
    if len(named or classes) != 1:
        raise _unknown(name, [other for other in known if other != name])
    return (named or classes)[0]


def _import_integration(path: str, name: str) -> object:
    try:
        return import_whole(path)
    except UnresolvedImportError as error:
        if error.__cause__ is not None and _lacks_library(error, name):
            reason = described(error.__cause__)
            raise UnresolvedImportError(
                f"the library of the integration {name} is not installed, or too old ({reason})",
                remedy="Install it where the server runs, or take the integration out of the list.",
            ) from error.__cause__
        raise


def _lacks_library(error: UnresolvedImportError, name: str) -> bool:
    return ":" not in name and isinstance(error.__cause__, (DidNotEnable, ImportError))


def _is_integration_of(value: object, path: str) -> bool:
    # Modules import one another's integrations.
    is_its_own = f"{getattr(value, '__module__', '')}.".startswith(f"{path}.")
    return is_its_own and isinstance(value, type) and issubclass(value, Integration)


def _unknown(name: str, known: list[str]) -> UnknownIntegrationError:
    import difflib

    near = difflib.get_close_matches(name, known, n=1)
    what = f"sentry-sdk {VERSION} has no integration {printable(name)}"
    if near:
        return UnknownIntegrationError(what, remedy=f"Did you mean {near[0]}?")
    return UnknownIntegrationError(what, remedy="See the list of integrations in the docs of sentry-sdk.")
