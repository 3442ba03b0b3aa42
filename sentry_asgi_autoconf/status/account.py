"""What a process tells of itself: its state and why, what it serves, where its settings come from; no values."""

from __future__ import annotations

import os
import platform
import sys
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from sentry_asgi_autoconf import entry_points
from sentry_asgi_autoconf.activation import decision
from sentry_asgi_autoconf.activation.decision import Decision
from sentry_asgi_autoconf.flushing.deliveries import MOMENT, deliveries

if TYPE_CHECKING:
    from sentry_asgi_autoconf.activation.layers import Loaded
    from sentry_asgi_autoconf.sdk.arguments import Merged

# What readers go by, should the shape ever change.
FORMAT = 2
# Of decisions that fall as something does not fit this process.
_INCOMPATIBLE = (decision.INCOMPATIBLE.code, decision.SUBINTERPRETER.code)


class Account:
    """What is known of one process; each method adds to it."""

    def __init__(self, app_init: list[dict[str, Any]]) -> None:
        """Begin with what an app's init said before: in a forked worker it is not called again."""
        self.pid = os.getpid()
        self.ended: float | None = None
        self.apps: list[dict[str, Any]] = []
        self._app_init = app_init
        self._is_settled = False
        self._state = {"state": "inactive", "code": "", "reason": "", "since": _now()}
        self._decided: Decision | None = None
        self._sources: dict[str, str] = {}
        self._policies: list[str] = []
        self._missing: list[str] = []

    def decided(self, decided: Decision, settings: Loaded | Decision | None) -> None:
        """Add whether the SDK is initialised, and from which settings."""
        self._decided = decided
        self._enter(decided)
        if settings is not None and not isinstance(settings, Decision):
            found = settings.settings.items()
            self._sources = {name: str(setting.origin) for name, setting in found if setting.origin}
            self._policies = settings.policy.names
            self._missing = [name for name in settings.policy.required if name not in self._sources]

    def serves(self, app: str, server: tuple[str, str] | None, by: str | None) -> None:
        """Add an app, the name and version of the server that serves it, and what instruments it, if anything does."""
        self.apps.append({**_served(app, server), "wrapped_by": by})
        if self._decided:
            is_bare = by is None and self._decided.active
            self._enter(decision.NOT_WRAPPED if is_bare else self._decided)

    def leaves_alone(self, app: str, server: tuple[str, str], decided: Decision, setting: str) -> None:
        """Add an app that is served as if this package were not there, and the setting that says so."""
        self.apps.append({**_served(app, server), "wrapped_by": None, "left_alone_by": setting})
        if not any(each["wrapped_by"] for each in self.apps):
            self._enter(decided)

    def cannot_load(self, error: str) -> None:
        """Add that the app could not be loaded."""
        self._is_settled = True
        self._enter(decision.APP_NOT_LOADED._replace(reason=f"the app could not be loaded: {error}"))

    def app_said(self, caller: str, merged: Merged) -> None:
        """Add what an app's own init changed, and what of it was not taken."""
        refused = {refusal.name: refusal.source for refusal in merged.refusals}
        sets = sorted([*merged.changed, *merged.found])
        self._app_init.append({"at": caller, "sets": sets, "refused": refused})

    def of_a_child(self) -> Account:
        """Return the account of this process, which was forked from that one."""
        return Account(list(self._app_init))

    @property
    def is_settled(self) -> bool:
        """Whether it is known what the process serves, or that it cannot."""
        return self._is_settled or bool(self.apps)

    def content(self) -> dict[str, Any]:
        """Return all that is known, ready for JSON."""
        return {
            "format": FORMAT,
            "host": platform.node(),
            "pid": self.pid,
            "pid_namespace": pid_namespace(),
            "ppid": os.getppid(),
            **self._state,
            "result": self._result(),
            "way_in": entry_points.way_in(),
            "apps": self.apps,
            "sources": self._sources,
            "policies": self._policies,
            "missing": self._missing,
            "app_init": self._app_init,
            "versions": _versions(),
            **deliveries.content(),
            "updated": _now(),
            **({"ended": self.ended} if self.ended else {}),
        }

    def _result(self) -> str:
        """Return the class of the outcome, as injectors of instrumentation name them."""
        if self._state["state"] != "active":
            return "incompatible" if self._state["code"] in _INCOMPATIBLE else "abort"
        return "already_instrumented" if self._app_init else "success"

    def _enter(self, decided: Decision) -> None:
        entered = {"state": decided.state, "code": decided.code, "reason": decided.reason}
        if entered.items() - self._state.items():
            self._state = {**entered, "since": _now()}


def pid_namespace() -> int | None:
    """Return what tells two processes of one number apart that run in containers of one host; None if nothing does."""
    with suppress(OSError):
        return os.stat("/proc/self/ns/pid").st_ino  # noqa: PTH116 (no pathlib where it is not needed)
    return None


def _served(app: str, server: tuple[str, str] | None) -> dict[str, Any]:
    name, version = server or (None, None)
    return {"app": app, "server": name, "server_version": version}


def _versions() -> dict[str, str]:
    ours = {name: entry_points.version_of(name) for name in ("sentry-asgi-autoconf", "sentry-sdk")}
    return {**ours, "python": ".".join(map(str, sys.version_info[:3]))}


def _now() -> str:
    return time.strftime(MOMENT, time.gmtime())
