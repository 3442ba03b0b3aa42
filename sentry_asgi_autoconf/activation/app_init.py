"""Take note of an app's own `sentry_sdk.init`: say in one line what it changed, and what of it was not taken."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sentry_asgi_autoconf import console
from sentry_asgi_autoconf.console import MASK, printable, shown
from sentry_asgi_autoconf.exceptions import AppInitError, UnheldTransportError
from sentry_asgi_autoconf.serving.request_layer import request_opener

if TYPE_CHECKING:
    from sentry_asgi_autoconf.policy.enforcement import Refusal
    from sentry_asgi_autoconf.sdk.arguments import Merged


def report(caller: str, merged: Merged) -> None:
    """Say it, as a warning if something was not taken, or if the app turns Sentry off."""
    request_opener.app_calls_init()
    parts = []
    if merged.changed:
        parts.append(f"sets {', '.join(map(printable, sorted(merged.changed)))}")
    if merged.found:
        parts.append(f"finds {', '.join(merged.found)} changed")
    if merged.refusals:
        parts.append(f"may not set {'; '.join(map(_refused, merged.refusals))}")
    if merged.passed_over:
        names = ", ".join(map(printable, sorted(merged.passed_over)))
        parts.append(f"is ignored, because SENTRY_ASGI_ON_APP_INIT is keep: it would set {names}")
    if merged.error:
        outcome = "nothing is sent" if merged.arguments.get("dsn") == "" else "the settings are left out"
        parts.append(f"cannot be combined with the settings ({merged.error}): {outcome}")
    says_dsn = "dsn" in merged.changed or "SENTRY_DSN" in merged.found
    turns_off = says_dsn and not merged.arguments.get("dsn")
    if turns_off:
        parts.append("and so turns Sentry off")
    if parts:
        level = "warning" if merged.refusals or merged.error or turns_off else "info"
        console.say(level, AppInitError(f"sentry_sdk.init at {printable(caller, 200)} {', '.join(parts)}"))
    if merged.unheld:
        console.say("warning", unheld(f"sentry_sdk.init at {caller}", merged.unheld))


def unheld(where: str, transport: str) -> UnheldTransportError:
    """Return what to say of a transport that may send past the policy."""
    return UnheldTransportError(
        f"{printable(where, 200)} sets the transport {transport}, to which the policy's rule for the DSN cannot apply",
        remedy="Make sure that it sends only where the policy allows; a policy can enforce a transport.",
    )


def _refused(refusal: Refusal) -> str:
    has_value = _is_plain(refusal.applied) and refusal.applied != ""
    applies = f"{_value(refusal.name, refusal.applied)} applies" if has_value else "left out"
    wanted = f"={_value(refusal.name, refusal.wanted)}" if _is_plain(refusal.wanted) else ""
    return (
        f"{printable(refusal.variable or refusal.name)}{wanted} ({applies}: {printable(refusal.source, 400)})"
    )


def _is_plain(value: Any) -> bool:
    # Python refuses to print numbers that are too long.
    return isinstance(value, (str, float)) or (isinstance(value, int) and value.bit_length() < 64)


def _value(name: str, value: Any) -> str:
    from sentry_asgi_autoconf.settings.options import SDK_OPTIONS, field_of

    option = SDK_OPTIONS.get(field_of(name))
    return MASK if option is None or option.is_secret else shown(value)
