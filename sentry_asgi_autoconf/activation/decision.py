"""What is decided for a process, and where the settings lie from which that is: before anything costly is imported."""

from __future__ import annotations

import importlib
from contextlib import suppress
from typing import Any, Mapping, NamedTuple

from sentry_asgi_autoconf import entry_points
from sentry_asgi_autoconf.import_strings import Package, package_of
from sentry_asgi_autoconf.policy import in_force
from sentry_asgi_autoconf.settings import app_config, destinations

_FAILURES = (
    "app-not-loaded",
    "configurator-failed",
    "failed",
    "incompatible",
    "not-wrapped",
    "sdk-init-failed",
)


class Decision(NamedTuple):
    """Whether `sentry_sdk` is initialised in this process, and why (not): for people, and as a code for programs."""

    active: bool
    reason: str
    code: str

    @property
    def state(self) -> str:
        """`active`, `inactive`, or `failed` where something that should have worked did not."""
        return "active" if self.active else "failed" if self.code in _FAILURES else "inactive"

    def __repr__(self) -> str:
        return f"Decision(active={self.active}, reason={self.reason!r})"


ACTIVE = Decision(True, "sentry_sdk is initialised", "active")
APP_NOT_LOADED = Decision(False, "the app could not be loaded", "app-not-loaded")
BEING_INITIALISED = Decision(False, "being initialised", "being-initialised")
CONFIGURATOR_FAILED = Decision(False, "a configurator failed", "configurator-failed")
DISABLED = Decision(False, "SENTRY_ASGI_ENABLED is false", "disabled")
DSN_FORBIDDEN = Decision(False, "a policy permits none of the DSNs that are set", "dsn-forbidden")
FAILED = Decision(False, "failed, see stderr", "failed")
INCOMPATIBLE = Decision(False, "sentry_sdk is missing, or too old", "incompatible")
INVALID_POLICY = Decision(False, "a policy is invalid, so nothing may leave this process", "invalid-policy")
LEFT_ALONE = Decision(False, "a setting excludes what this process serves", "left-alone")
NO_DESTINATION = Decision(False, destinations.NOWHERE, "no-destination")
NO_VALID_DSN = Decision(False, "no valid SENTRY_DSN", "no-valid-dsn")
NOT_ASGI = Decision(False, "what was loaded is not an ASGI app", "not-asgi")
NOT_WRAPPED = Decision(False, "the app could not be wrapped, see stderr", "not-wrapped")
ONLY_STARTS_OTHERS = Decision(False, "its workers serve the app, this process does not", "only-starts-others")
PAUSED = Decision(True, "sentry_sdk is initialised, but a policy has stopped all sending", "paused")
SDK_INIT_FAILED = Decision(False, "sentry_sdk.init failed", "sdk-init-failed")
SUBINTERPRETER = Decision(False, "this is a subinterpreter, in which the SDK cannot send", "subinterpreter")


def is_subinterpreter() -> bool:
    """Whether the running interpreter is not the process's main one; in another the SDK may not start its thread."""
    # Of Python 3.13 and newer; of those before. concurrent.interpreters, which comes with 3.14, stands on them.
    for name in ("_interpreters", "_xxsubinterpreters"):
        with suppress(AttributeError, ImportError):
            interpreters: Any = importlib.import_module(name)
            return bool(interpreters.get_current() != interpreters.get_main())
    return False


class Found(NamedTuple):
    """What there is to read settings from: looked for once, and handed to all that read it."""

    environ: Mapping[str, str]
    app: str | None
    package: Package | None
    policies: in_force.Places
    config: app_config.ConfigFile | None

    def may_name_destination(self) -> bool:
        """Whether the environment names a destination, or there is a layer beside it that may."""
        return (
            destinations.has_destination(self.environ)
            or bool(self.policies)
            or self.config is not None
            or bool(entry_points.in_group(entry_points.CONFIGURATORS))
        )


def find_settings(environ: Mapping[str, str], app: str | None) -> Found:
    """Look for all layers below the code of the app of this import string."""
    package = package_of(app) if app else None
    return Found(environ, app, package, in_force.find(environ), app_config.find(environ, package))
