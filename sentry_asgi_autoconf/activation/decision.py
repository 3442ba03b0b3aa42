"""What is decided for a process: a code for programs, a sentence for people."""

from __future__ import annotations

import importlib
from typing import Any

from sentry_asgi_autoconf.settings.destinations import NOWHERE

ACTIVE = "active"
APP_NOT_LOADED = "app-not-loaded"
BEING_INITIALISED = "being-initialised"
CONFIGURATOR_FAILED = "configurator-failed"
DISABLED = "disabled"
DSN_FORBIDDEN = "dsn-forbidden"
FAILED = "failed"
INVALID_POLICY = "invalid-policy"
LEFT_ALONE = "left-alone"
NO_DESTINATION = "no-destination"
NO_VALID_DSN = "no-valid-dsn"
NOT_ASGI = "not-asgi"
NOT_WRAPPED = "not-wrapped"
ONLY_STARTS_OTHERS = "only-starts-others"
SDK_INIT_FAILED = "sdk-init-failed"
SUBINTERPRETER = "subinterpreter"
_FAILURES = (APP_NOT_LOADED, CONFIGURATOR_FAILED, FAILED, NOT_WRAPPED, SDK_INIT_FAILED)

_REASONS = {
    ACTIVE: "sentry_sdk is initialised",
    BEING_INITIALISED: "being initialised",
    CONFIGURATOR_FAILED: "a configurator failed",
    DISABLED: "SENTRY_ASGI_ENABLED is false",
    DSN_FORBIDDEN: "a policy permits no DSN that is set",
    FAILED: "failed, see stderr",
    INVALID_POLICY: "the policy is not known, so nothing may leave this process",
    NO_DESTINATION: NOWHERE,
    NO_VALID_DSN: "no valid SENTRY_DSN",
    NOT_ASGI: "what was loaded is no ASGI app",
    ONLY_STARTS_OTHERS: "the workers serve",
    NOT_WRAPPED: "the app could not be wrapped, see stderr",
    SDK_INIT_FAILED: "sentry_sdk.init failed",
    SUBINTERPRETER: "this is a subinterpreter, in which the SDK cannot send",
}


class Decision:
    """Whether `sentry_sdk` is initialised in this process, and why (not)."""

    __slots__ = ("code", "reason")

    def __init__(self, code: str, reason: str = "") -> None:
        """Take a code of this module; `reason` where the code does not say it all."""
        self.code = code
        self.reason = reason or _REASONS[code]

    @property
    def active(self) -> bool:
        """Whether it is."""
        return self.code == ACTIVE

    @property
    def state(self) -> str:
        """`active`, `inactive`, or `failed` where something that should have worked did not."""
        return "active" if self.active else "failed" if self.code in _FAILURES else "inactive"

    def __repr__(self) -> str:
        return f"Decision(active={self.active}, reason={self.reason!r})"


# Of Python 3.13 and newer; of those before. They are what concurrent.interpreters stands on, which comes with 3.14.
_MODULES = ("_interpreters", "_xxsubinterpreters")


def is_subinterpreter() -> bool:
    """Whether the running interpreter is not the process's main one; in another the SDK may not start its thread."""
    for name in _MODULES:
        try:
            interpreters: Any = importlib.import_module(name)
            return bool(interpreters.get_current() != interpreters.get_main())
        except (AttributeError, ImportError):
            continue
    return False
