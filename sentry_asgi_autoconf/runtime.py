"""Conduct the stages of one process: patch, init, wrap, flush. The app is served whatever fails here."""

from __future__ import annotations

import functools
import os
from typing import TYPE_CHECKING, Any, Callable, Sequence, TypeVar

from sentry_asgi_autoconf import (
    activation,
    app_init,
    console,
    exclusions,
    failures,
    process_end,
    references,
    unknown_server,
)
from sentry_asgi_autoconf.activation import Decision, Failure
from sentry_asgi_autoconf.process_lock import process_lock
from sentry_asgi_autoconf.status import Status

if TYPE_CHECKING:
    import threading
    from types import ModuleType

    from sentry_asgi_autoconf.sdk.arguments import Merged
    from sentry_asgi_autoconf.serving import Server
    from sentry_asgi_autoconf.settings.loading import Loaded
    from sentry_asgi_autoconf.status_account import Account

T = TypeVar("T")
U = TypeVar("U")


_FAILED = Failure(False, "failed, see stderr")


class Runtime:
    """Hold one process's decision and join its servers to the stages; server adapters are handed this object."""

    def __init__(self) -> None:
        """Start undecided."""
        self._lacks_metadata = False
        self._pid = os.getpid()
        self._settings: Loaded | Decision | None = None
        self._decision: Decision | None = None
        self._app: str | None = None
        self._has_looked_for_guard = False
        self._joining: list[str] = []
        self._has_wrapped = False
        self._import_strings: list[tuple[Any, str]] = []
        self._status = Status()

    # -- patch

    def join_server(self, module: ModuleType) -> None:
        """Let the adapters that are declared for `module`'s name join it, each once and at its own risk."""
        from sentry_asgi_autoconf import entry_points

        name = module.__name__
        declared = [found for found in entry_points.in_group(entry_points.SERVERS) if found.name == name]
        if not declared and not self._lacks_metadata:
            self._lacks_metadata = True
            console.say("warning", failures.of_metadata(name))
        for entry_point in declared:
            # Until it says otherwise, the adapter's server is taken to have the name of its package.
            joining = self._joining = [name.partition(".")[0]]
            try:
                entry_point.load()(module, self)
            except Exception as error:
                if not exclusions.disable(joining):
                    console.say("warning", failures.of_join(entry_point.value, name, error))

    def server(
        self, distribution: str, *, error_loggers: Sequence[str] = (), repeats: Sequence[tuple[str, str]] = ()
    ) -> Server:
        """Return what an adapter joins its server with, and takes it through the stages with: see `Server`."""
        from sentry_asgi_autoconf.serving import Server

        self._joining.append(distribution)
        return Server(self, distribution, error_loggers, repeats)

    # -- init

    def activate(self) -> Decision:
        """Initialise the SDK in this process, if its settings say so, and give what was decided.

        Idempotent; decides anew in a forked child. Raises SystemExit with status 78 in strict mode, if a setting
        is refused.
        """
        self._notice_fork()
        with self._lock:
            if self._decision is None:
                unknown_server.unwatch()
                # Said first, as a hook that a setting names may ask again while it is imported.
                self._decision = Decision(False, "being initialised")
                self._decision = self.guarded(self._initialise, _FAILED)
                if self._decision is _FAILED:
                    self.guarded(lambda: activation.hold(self.guarded), None)
                state = "active" if self._decision.active else "inactive"
                console.say("info", f"{state}: {self._decision.reason}")
                self._tell_decision(self._decision)
            return self._decision

    def _initialise(self) -> Decision:
        settings = self._read_settings()
        if isinstance(settings, Decision):
            activation.report_misspelt_destination(settings)
            return settings
        decision, self._settings = activation.initialise(settings, self.guarded, self._app_said)
        if decision.active:
            process_end.run_in_multiprocessing_child(self.flush)
        return decision

    def guard_clients(self) -> None:
        """Hold the clients that this process makes, though it may serve nothing, where the settings say so."""
        with self._lock:
            if self._decision is None and not self._has_looked_for_guard:
                # Said first, as a hook that a setting names may make a client while it is imported.
                self._has_looked_for_guard = True
                self.guarded(lambda: activation.guard_clients(self.guarded, self._app_said), None)

    def _read_settings(self) -> Loaded | Decision:
        """Read the settings, once and late, as servers read files of variables; a Decision says that none apply."""
        self._notice_fork()
        with self._lock:
            if self._settings is None:
                app = self._app
                self._settings = self.guarded(lambda: activation.load(app), _FAILED)
            return self._settings

    @property
    def _lock(self) -> threading.RLock:
        return process_lock()

    def _notice_fork(self) -> None:
        if self._pid == os.getpid():
            return
        with self._lock:
            if self._pid != os.getpid():
                self._settings = self._decision = None
                self._pid = os.getpid()

    def excluded_by(self, server: str, apps: Sequence[Any]) -> str | None:
        """Name the setting that keeps us from a server, or from an app: import strings, or the app itself."""
        self._app = self._app or next((app for app in apps if isinstance(app, str)), None)
        settings = self._read_settings()
        if isinstance(settings, Decision):
            return None
        own = settings.own
        known = [text for loaded, text in self._import_strings if any(loaded is app for app in apps)]
        return self.guarded(lambda: exclusions.excluded_by(own, server, [*apps, *known]), None)

    def has_nothing_to_do(self) -> bool:
        """Whether the settings leave this process as it is."""
        settings = self._read_settings()
        return isinstance(settings, Decision) and not isinstance(settings, Failure)

    def remember(self, app: Any, import_string: str) -> None:
        """Know a loaded app by the import string that led to it: a factory's has no other name."""
        self._import_strings.append((app, import_string))

    def refuse_bad_settings(self) -> None:
        """Exit with status 78 if the settings are strict and one of them is refused; for a server's parent process."""
        self.guarded(lambda: activation.refuse_bad_settings(self._app), None)

    def withdraw(self, reason: str, *, is_parent: bool = False) -> None:
        """Undo the initialisation, as this process serves nothing of ours; a parent serves nothing at all."""
        if self.is_active and (is_parent or not self._has_wrapped):
            self._decision = decision = Decision(False, reason)
            self.guarded(activation.withdraw, None)
            console.say("info", f"inactive: {reason}")
            self._tell_decision(decision)
        if is_parent:
            self.guarded(self._status.serves_nothing, None)

    def leave_alone(self, app: Any, name: str | None, server: Server, setting: str) -> None:
        """Say which setting leaves an app alone; undo an initialisation that came before the app was known."""
        unknown_server.unwatch()
        console.say("info", f"{server.distribution}: {name or 'an app'} is left alone, as {setting} says")
        self.withdraw(f"{setting} leaves out what this process serves")
        self._tell(lambda account: account.leaves_alone(self._name_of(app, name), server, setting))

    # -- wrap

    def wrap(self, app: Any, asgi_version: int, server: Server | None = None, name: str | None = None) -> Any:
        """Give `app` ready to serve, by `server` or by one without an adapter; itself in an inactive process."""
        served, by = app, None
        if self.activate().active:
            with self._lock:
                served, by = self.guarded(lambda: self._wrap(app, asgi_version, server), (app, None))
        if served is not app or by is None:  # else it was wrapped before, and is told of
            self._tell(lambda account: account.serves(self._name_of(app, name), server, by))
        return served

    def _wrap(self, app: Any, asgi_version: int, server: Server | None) -> tuple[Any, str | None]:
        from sentry_asgi_autoconf.sdk import initialise
        from sentry_asgi_autoconf.wrapping import exclusion, served_app, wrap
        from sentry_asgi_autoconf.wrapping.server_noise import server_noise

        settings = self._settings
        captures_5xx = not isinstance(settings, (Decision, type(None))) and settings.own.capture_5xx
        make = functools.partial(wrap.wrap, app, asgi_version, captures_5xx=captures_5xx)
        if server is None:
            served, by = make((), served_app.ServedCoroutine)
        else:
            # An adapter puts the app where its server no longer looks at its shape, which saves a frame.
            served, by = make(server.error_loggers, served_app.ServedApp)
            name, version = server.distribution, server.version
            initialise.describe_server({"name": name, "version": version, "adapter": name})
            server_noise.expect(server.repeats)
        server_noise.end_boot()
        self._has_wrapped = True
        by_whom = server.distribution if server else "an app of your own"
        console.say("info", f"{by_whom}: {exclusion.name_of(app)} is instrumented by {by}")
        return served, by

    def _name_of(self, app: Any, import_string: str | None) -> str:
        from sentry_asgi_autoconf.wrapping import exclusion

        known = (text for loaded, text in self._import_strings if loaded is app)
        return import_string or next(known, None) or exclusion.name_of(app)

    # -- boot and flush

    def begin_boot(self, server: Server) -> None:
        """Expect that the app may fail to load, in this process and in those that its server starts after it."""
        if self.is_active:
            from sentry_asgi_autoconf.wrapping.server_noise import server_noise

            self.guarded(lambda: server_noise.begin_boot(server.error_loggers), None)

    def report_failed_boot(self, error: BaseException) -> None:
        """Report that the app could not be loaded, before the process ends."""
        self._tell(lambda account: account.cannot_load(references.described(error)))
        if self.is_active:
            from sentry_asgi_autoconf.wrapping import failure

            self.guarded(lambda: failure.capture(error), None)

    def flush(self) -> None:
        """Send what was captured, for at most the SDK's shutdown_timeout."""
        if self.is_active:
            from sentry_asgi_autoconf.wrapping import failure

            self.guarded(failure.flush, None)

    def flush_on_termination(self) -> None:
        """Flush when a SIGTERM arrives that would end the process at once."""
        if self.is_active or self._status.is_told:
            self.guarded(lambda: process_end.flush_on_termination(self._end, self._longest_flush()), None)

    def stopped(self) -> None:
        """Flush, and take note that a server of this process has ended."""
        self.flush()
        self.guarded(self._status.stopped, None)

    def _end(self) -> None:
        self.guarded(self._status.end, None)
        self.flush()

    def _longest_flush(self) -> float:
        if not self.is_active:
            return 0.0
        from sentry_asgi_autoconf.wrapping import failure

        return failure.longest_flush()

    # -- status

    def _tell(self, what: Callable[[Account], None], *, at_once: bool = True) -> None:
        self.guarded(lambda: self._status.tell(what, at_once=at_once), None)

    def _tell_decision(self, decision: Decision) -> None:
        self._tell(lambda account: account.decided(decision, self._settings))

    def _app_said(self, caller: str, merged: Merged) -> None:
        from sentry_asgi_autoconf.wrapping.head_sampling import head_sampling

        head_sampling.app_calls_init()
        app_init.tell(caller, merged)
        self._tell(lambda account: account.app_said(caller, merged), at_once=False)

    @property
    def is_active(self) -> bool:
        """Whether the SDK is initialised in this process."""
        return self._pid == os.getpid() and self._decision is not None and self._decision.active

    @staticmethod
    def guarded(function: Callable[[], T], otherwise: U, *, adapter_of: str | None = None) -> T | U:
        """Run `function`, and give `otherwise` if it raises: the second of the two fail-open boundaries.

        A defect of ours, or of the adapter of a server `adapter_of`, costs telemetry, never the app.
        """
        try:
            return function()
        except Exception as error:
            if adapter_of is None or not exclusions.disable([adapter_of]):
                console.say("error", failures.of_stage(error, adapter_of))
            return otherwise


_runtime = Runtime()

join_server = _runtime.join_server
guard_clients = _runtime.guard_clients


def activate() -> Decision:
    """Initialise the SDK in this process from its environment, and give what was decided and why.

    For an entry point of one's own: a worker, a script, a server without an adapter. Idempotent. Raises
    SystemExit with status 78 if SENTRY_ASGI_STRICT is on and a setting is refused.
    """
    return _runtime.activate()


def wrap(app: T, *, asgi_version: int = 3) -> T:
    """Give the ASGI app ready to serve, with exactly one Sentry middleware; itself if this process is inactive.

    For a server without an adapter. Activates the process if it is not yet. `asgi_version` is what `app` itself
    speaks, 2 or 3; what is given back speaks 3.
    """
    return _runtime.wrap(app, asgi_version)  # type: ignore[no-any-return] # wraps T
