"""Find integrations of the SDK by short name or import string.

Each function raises UnknownIntegrationError, or UnresolvedImportError where it imports.
"""

from __future__ import annotations

import sentry_sdk.integrations
from sentry_sdk.consts import VERSION
from sentry_sdk.integrations import DidNotEnable, Integration

from sentry_asgi_autoconf import import_strings
from sentry_asgi_autoconf.console import printable
from sentry_asgi_autoconf.exceptions import UnknownIntegrationError, UnresolvedImportError
from sentry_asgi_autoconf.import_strings import ImportReference, IntegrationReference
from sentry_asgi_autoconf.integrations import auto_enabling

# Modules beside the integrations that hold none.
_NO_INTEGRATIONS = ("asgi", "serverless", "wsgi")


def instance(reference: IntegrationReference) -> Integration:
    """Make the integration, with the arguments that a setting gives it."""
    found = _find(reference)
    return (
        found
        if isinstance(found, Integration)
        else import_strings.guarded(lambda: auto_enabling.instance_of(found), f"making a {found.__name__}")
    )


def installed_class(reference: IntegrationReference) -> type[Integration] | None:
    """Return the integration's class, or None if there is nothing to disable as its library is not installed."""
    try:
        found = _find(reference)
    except UnresolvedImportError as error:
        # A missing module of the person's own is more likely a misspelt one.
        if isinstance(error.__cause__, DidNotEnable) or _lacks_library(error, reference):
            return None
        raise
    return found if isinstance(found, type) else type(found)


def known(reference: IntegrationReference) -> IntegrationReference:
    """Return a reference that may lead to an integration, as far as its name says."""
    if not reference.is_import_string:
        check(reference)
    return reference


def disabled(reference: IntegrationReference) -> type[Integration] | None:
    """Return what disables an integration where integrations wait for their libraries, as it imports none."""
    path = reference.replace(":", ".")
    for identifier, import_string in auto_enabling.import_strings().items():
        if path in (identifier, import_string):
            return auto_enabling.stand_in(identifier)
    return installed_class(reference)


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
        f"it leads to an object of type {type(found).__name__}, which is not an integration",
        remedy="Name a subclass of sentry_sdk.integrations.Integration.",
    )


def _by_short_name(name: str) -> type[Integration]:
    known = check(name)
    path = auto_enabling.integration_module(name)
    try:
        module = import_strings.import_whole(path)
    except UnresolvedImportError as error:
        if error.__cause__ is not None and _lacks_library(error, name):
            reason = import_strings.described(error.__cause__)
            raise UnresolvedImportError(
                f"the library of the integration {name} is not installed, or too old ({reason})",
                remedy="Install it where the server runs, or take the integration out of the list.",
            ) from error.__cause__
        raise
    classes: list[type[Integration]] = [
        value for value in vars(module).values() if _is_integration_of(value, path)
    ]
    found = [each for each in classes if each.identifier == name] or classes
    if len(found) != 1:
        raise _unknown(name, [other for other in known if other != name])
    return found[0]


def _lacks_library(error: UnresolvedImportError, name: str) -> bool:
    return ":" not in name and isinstance(error.__cause__, (DidNotEnable, ImportError))


def _is_integration_of(value: object, path: str) -> bool:
    # Modules import one another's integrations.
    is_its_own = f"{getattr(value, '__module__', '')}.".startswith(f"{path}.")
    return is_its_own and isinstance(value, type) and issubclass(value, Integration)


def check(name: str) -> list[str]:
    """Return the short names that the installed SDK has, of which this is one. Raises UnknownIntegrationError."""
    import pkgutil

    modules = [module.name for module in pkgutil.iter_modules(sentry_sdk.integrations.__path__)]
    known = sorted(each for each in modules if not each.startswith("_") and each not in _NO_INTEGRATIONS)
    if name not in known:
        raise _unknown(name, known)
    return known


def _unknown(name: str, known: list[str]) -> UnknownIntegrationError:
    import difflib

    near = difflib.get_close_matches(name, known, n=1)
    remedy = f"Did you mean {near[0]}?" if near else "See the list of integrations in the docs of sentry-sdk."
    return UnknownIntegrationError(
        f"sentry-sdk {VERSION} has no integration {printable(name)}", remedy=remedy
    )
