"""Conduct the stages of one process: init, wrap, flush. The app is served whatever fails here."""

from __future__ import annotations

import contextlib
import os
import sys
import threading
from typing import TYPE_CHECKING, Any, Callable, NamedTuple, Sequence, TypeVar

from sentry_asgi_autoconf import console, exceptions, import_strings
from sentry_asgi_autoconf.activation import decision, init_stage
from sentry_asgi_autoconf.activation.decision import Decision
from sentry_asgi_autoconf.flushing import flush
from sentry_asgi_autoconf.status import is_asked_for, unknown_server

if TYPE_CHECKING:
    from sentry_asgi_autoconf.activation.layers import Loaded
    from sentry_asgi_autoconf.sdk.arguments import Merged
    from sentry_asgi_autoconf.settings.own import OwnValues
    from sentry_asgi_autoconf.status.account import Account
    from sentry_asgi_autoconf.status.process_status import Status

T = TypeVar("T")
U = TypeVar("U")

_locks: dict[int, threading.RLock] = {}


def process_lock() -> threading.RLock:
    """Return the lock under which this process decides, initialises and wraps: one for all, so that none waits for two.

    One that a parent's thread held when it forked is not its child's.
    """
    # One step, so that threads which ask at the same moment do not make two.
    return _locks.setdefault(os.getpid(), threading.RLock())


class ServedBy(NamedTuple):
    """A server as the stages know it: which of its loggers say that the app did not start, and what repeats errors.

    `repeats` are pairs of a logger and the beginning of the message in which it repeats an error of the app.
    """

    distribution: str
    version: str
    error_loggers: tuple[str, ...] = ()
    repeats: tuple[tuple[str, str], ...] = ()


class Runtime:
    """Hold one process's decision, and take its apps through the stages."""

    def __init__(self) -> None:
        self._pid = os.getpid()
        self._settings: Loaded | Decision | None = None
        self._decision: Decision | None = None
        self._has_looked_for_guard = False
        self._has_wrapped = False
        self._serving: int | None = None  # the process that does; a forked child may have another purpose
        self._import_strings: list[tuple[Any, str]] = []
        self._status: Status | None = None

    # -- init

    def read_settings(self, app: str | None = None) -> Loaded | Decision:
        """Read the settings for the app of this import string, once; a Decision says that none apply.

        Not before the server has read its own files of variables.
        """
        with process_lock():
            self._notice_fork()
            if self._settings is None:
                self._settings = self.guarded(lambda: init_stage.load(app), decision.FAILED)
            return self._settings

    def activate(self) -> Decision:
        """Initialise the SDK in this process, if its settings say so, and return what was decided.

        Idempotent; decides anew in a forked child. Raises SystemExit with status 78 in strict mode, if a setting
        is refused.
        """
        with process_lock():
            self._notice_fork()
            if self._decision is None:
                unknown_server.unwatch()
                # Said first, as a hook that a setting names may ask again while it is imported.
                self._decision = decision.BEING_INITIALISED
                self._decision = self.guarded(self._initialise, decision.FAILED)
                if self._decision == decision.FAILED:
                    self.guarded(lambda: init_stage.block_sending(self.guarded), None)
                self._say(self._decision)
            return self._decision

    def _initialise(self) -> Decision:
        settings = self.read_settings()
        if isinstance(settings, Decision):
            init_stage.report_misspelt_destination(settings)
            return settings
        told = self.guarded, self._report_app_init, self._go_by
        decided, self._settings = init_stage.initialise(settings, *told)
        if decided.active:
            flush.run_in_multiprocessing(self.end_child)
        return decided

    def guard_clients(self) -> None:
        """Guard the clients that this process makes, though it may serve nothing, where the settings say so."""
        with process_lock():
            if self._decision is None and not self._has_looked_for_guard:
                # Said first, as a hook that a setting names may make a client while it is imported.
                self._has_looked_for_guard = True
                self.guarded(lambda: init_stage.guard_clients(self.guarded, self._report_app_init), None)

    def refuse_bad_settings(self) -> None:
        """Exit with status 78 if the settings are strict and one of them is refused; for a server's parent process."""
        self.guarded(lambda: init_stage.refuse_bad_settings(self.read_settings()), None)

    def deactivate(self, decided: Decision, *, only_starts_others: bool = False) -> None:
        """Undo the initialisation, as this process serves nothing of ours, or only starts those that serve."""
        if self.is_active and (only_starts_others or not self._has_wrapped):
            from sentry_asgi_autoconf.sdk import clients

            self._decision = decided
            self.guarded(clients.deactivate, None)
            self._say(decided)
        if only_starts_others:
            self._keep_status(lambda status: status.serves_nothing())

    def _notice_fork(self) -> None:
        if self._pid != os.getpid():
            self._settings = self._decision = None
            self._pid = os.getpid()

    def _say(self, decided: Decision) -> None:
        console.say("info", f"{'active' if decided.active else 'inactive'}: {decided.reason}")
        self._record(lambda account: account.decided(decided, self._settings))

    def _go_by(self, settings: Loaded, decided: Decision) -> None:
        self._settings, self._decision = settings, decided
        self._say(decided)

    def _report_app_init(self, caller: str, merged: Merged) -> None:
        from sentry_asgi_autoconf.activation import app_init

        app_init.report(caller, merged)
        self._record(lambda account: account.app_said(caller, merged), at_once=False)

    @property
    def is_active(self) -> bool:
        """Whether the SDK is initialised in this process."""
        return self._pid == os.getpid() and self._decision is not None and self._decision.active

    # -- wrap

    def excluded_by(self, server: str, apps: Sequence[Any]) -> str | None:
        """Name the setting that keeps us from a server, or from an app: import strings, or the app itself."""
        own: OwnValues | None = getattr(self._settings, "own", None)  # a Decision has none
        if own is None or not (own.disabled_servers or own.excluded_apps):
            return None
        from sentry_asgi_autoconf.activation import exclusions

        known = [text for loaded, text in self._import_strings if any(loaded is app for app in apps)]
        return self.guarded(lambda: exclusions.excluded_by(own, server, [*apps, *known]), None)

    def remember(self, app: Any, import_string: str) -> None:
        """Know a loaded app by the import string that led to it: a factory's has no other name."""
        self._import_strings.append((app, import_string))

    def leave_alone(self, app: Any, name: str | None, server: ServedBy, setting: str) -> None:
        """Say which setting leaves an app alone; undo an initialisation that came before the app was known."""
        unknown_server.unwatch()
        console.say("info", f"{server.distribution}: {name or 'an app'} is left alone, because of {setting}")
        decided = decision.LEFT_ALONE._replace(reason=f"{setting} excludes what this process serves")
        self.deactivate(decided)
        left = self._name_of(app, name)
        self._record(lambda account: account.leaves_alone(left, server[:2], decided, setting))

    def wrap(
        self, app: Any, asgi_version: int, server: ServedBy | None = None, name: str | None = None
    ) -> Any:
        """Return `app` ready to serve, by `server` or by one without an adapter; itself in an inactive process."""
        served, by = app, None
        if self.activate().active:
            with process_lock():
                served, by = self.guarded(lambda: self._wrap(app, asgi_version, server, name), (app, None))
        if served is not app or by is None:  # else it was wrapped before, and is on record
            self._record(lambda account: account.serves(self._name_of(app, name), server and server[:2], by))
        return served

    def _wrap(
        self, app: Any, asgi_version: int, server: ServedBy | None, import_string: str | None
    ) -> tuple[Any, str]:
        from sentry_asgi_autoconf.sdk import clients
        from sentry_asgi_autoconf.serving import served_app
        from sentry_asgi_autoconf.serving.server_noise import server_noise
        from sentry_asgi_autoconf.wrapping import wrap

        # An adapter puts the app where its server no longer looks at its shape, which saves a frame.
        shape = served_app.ServedApp if server else served_app.ServedCoroutine
        captures_5xx: bool = self._settings.own.capture_5xx  # type: ignore[union-attr] # active: they apply
        loggers = server.error_loggers if server else ()
        served, by = wrap.wrap(app, asgi_version, loggers, shape, captures_5xx=captures_5xx)
        name = "an app of your own"
        if server:
            name = server.distribution
            clients.describe_served(self._name_of(app, import_string), name, server.version)
            server_noise.expect(server.repeats)
        server_noise.end_boot()
        self._has_wrapped, self._serving = True, os.getpid()
        console.say("info", f"{name}: {import_strings.name_of(app)} is instrumented by {by}")
        return served, by

    def _name_of(self, app: Any, import_string: str | None) -> str:
        known = (text for loaded, text in self._import_strings if loaded is app)
        return import_string or next(known, None) or import_strings.name_of(app)

    # -- boot and flush

    def begin_boot(self, error_loggers: Sequence[str]) -> None:
        """Expect that the app may fail to load, in this process and in those that its server starts after it."""
        if self.is_active:
            from sentry_asgi_autoconf.serving.server_noise import server_noise

            self._serving = os.getpid()
            self.guarded(lambda: server_noise.begin_boot(error_loggers), None)

    def report_failed_boot(self, error: BaseException) -> None:
        """Report that the app could not be loaded, before the process ends."""
        self._record(lambda account: account.cannot_load(import_strings.described(error)))
        if self.is_active:
            from sentry_asgi_autoconf.flushing import boot_failure

            self.guarded(lambda: boot_failure.capture(error), None)

    def flush(self) -> None:
        """Send what was captured, for what is left of the SDK's shutdown_timeout."""
        if self.is_active:
            self.guarded(flush.flush, None)

    def flush_on_termination(self) -> None:
        """Flush when a SIGTERM arrives that would end the process at once."""
        if self.is_active or (self._status is not None and self._status.is_told):
            longest = flush.longest_flush if self.is_active else float
            self.guarded(lambda: flush.flush_on_termination(self._end, longest), None)

    def stopped(self) -> None:
        """Flush, and take note that a server of this process has ended."""
        self.flush()
        self._keep_status(lambda status: status.stopped())

    def end_child(self) -> None:
        """Report what ends this child of multiprocessing's, unless it serves, and flush."""
        error = sys.exc_info()[1]
        with contextlib.suppress(SystemExit):  # strict mode's
            # A forked one begins anew: its parent's client may be locked, or wait for a thread of its parent's.
            if isinstance(error, Exception) and self._serving != os.getpid() and self.activate().active:
                from sentry_asgi_autoconf.flushing import boot_failure

                self.guarded(lambda: boot_failure.capture_unhandled(error), None)
        self.flush()

    def _end(self) -> None:
        self._keep_status(lambda status: status.end())
        self.flush()

    # -- status

    def _keep_status(self, action: Callable[[Status], None]) -> None:
        """Do something about this process's status file, where one is asked for."""

        def keep() -> None:
            if self._status is None and is_asked_for():
                from sentry_asgi_autoconf.status.process_status import Status

                self._status = Status(self.guarded)
            if self._status is not None:
                action(self._status)

        self.guarded(keep, None)

    def _record(self, what: Callable[[Account], None], *, at_once: bool = True) -> None:
        self._keep_status(lambda status: status.tell(what, at_once=at_once))

    @staticmethod
    def guarded(function: Callable[[], T], otherwise: U, *, adapter_of: str | None = None) -> T | U:
        """Run `function`, and return `otherwise` if it raises: the second of the two fail-open boundaries.

        A defect of ours, or of the adapter of a server `adapter_of`, costs telemetry, never the app.
        """
        try:
            return function()
        except Exception as error:
            from sentry_asgi_autoconf.activation import exclusions

            if adapter_of is None or not exclusions.disable([adapter_of]):
                console.say("error", exceptions.of_stage(error, adapter_of))
            return otherwise


this_process = Runtime()
