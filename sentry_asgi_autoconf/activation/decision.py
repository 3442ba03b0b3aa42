"""What is decided for a process, and where the settings lie from which that is: before anything costly is imported."""

from __future__ import annotations

import importlib
from contextlib import suppress
from typing import Any, Mapping, NamedTuple

from sentry_asgi_autoconf import entry_points
from sentry_asgi_autoconf.policy import in_force
from sentry_asgi_autoconf.settings import app_config, destinations

_FAILURES = ("app-not-loaded", "configurator-failed", "failed", "not-wrapped", "sdk-init-failed")


class Decision(NamedTuple):
    """Whether `sentry_sdk` is initialised in this process, and why (not): for programs, and for people."""

    code: str
    reason: str

    @property
    def active(self) -> bool:
        """Whether it is."""
        return self.code == ACTIVE.code

    @property
    def state(self) -> str:
        """`active`, `inactive`, or `failed` where something that should have worked did not."""
        return "active" if self.active else "failed" if self.code in _FAILURES else "inactive"

    def __repr__(self) -> str:
        return f"Decision(active={self.active}, reason={self.reason!r})"


ACTIVE = Decision("active", "sentry_sdk is initialised")
APP_NOT_LOADED = Decision("app-not-loaded", "the app could not be loaded")
BEING_INITIALISED = Decision("being-initialised", "being initialised")
CONFIGURATOR_FAILED = Decision("configurator-failed", "a configurator failed")
DISABLED = Decision("disabled", "SENTRY_ASGI_ENABLED is false")
DSN_FORBIDDEN = Decision("dsn-forbidden", "a policy permits no DSN that is set")
FAILED = Decision("failed", "failed, see stderr")
INVALID_POLICY = Decision("invalid-policy", "the policy is not known, so nothing may leave this process")
LEFT_ALONE = Decision("left-alone", "a setting leaves out what this process serves")
NO_DESTINATION = Decision("no-destination", destinations.NOWHERE)
NO_VALID_DSN = Decision("no-valid-dsn", "no valid SENTRY_DSN")
NOT_ASGI = Decision("not-asgi", "what was loaded is not an ASGI app")
NOT_WRAPPED = Decision("not-wrapped", "the app could not be wrapped, see stderr")
ONLY_STARTS_OTHERS = Decision("only-starts-others", "the workers serve")
SDK_INIT_FAILED = Decision("sdk-init-failed", "sentry_sdk.init failed")
SUBINTERPRETER = Decision("subinterpreter", "this is a subinterpreter, in which the SDK cannot send")


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
    return Found(environ, app, in_force.find(environ), app_config.find(environ, app))
