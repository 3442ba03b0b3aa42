"""Conduct the stages of one process: patch, init, wrap, flush. The app is served whatever fails here."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, Callable, NamedTuple, Sequence, TypeVar

from sentry_asgi_autoconf import console
from sentry_asgi_autoconf.exceptions import AdapterError, AutoconfError, SdkError, UnexpectedError

if TYPE_CHECKING:
    from types import ModuleType, TracebackType

    from sentry_asgi_autoconf.settings.loading import Loaded

# sysexits.h: EX_CONFIG.
CONFIGURATION_ERROR = 78

T = TypeVar("T")


class Decision(NamedTuple):
    """What the init stage decided for this process, and why."""

    active: bool
    reason: str


class Runtime:
    """Hold one process's decision and join its server to the stages; server adapters are handed this object."""

    def __init__(self) -> None:
        """Start undecided."""
        self._decision: Decision | None = None
        self._pid = 0

    # -- patch

    def join_server(self, module: ModuleType) -> None:
        """Let the adapters that are declared for `module`'s name join it, each once and at its own risk."""
        from sentry_asgi_autoconf.servers import entry_points

        name = module.__name__
        declared = entry_points.for_trigger(name)
        if not declared:
            console.say(
                "warning",
                AdapterError(
                    f"No installed distribution declares an adapter for {name}: what it serves is not instrumented",
                    remedy="Install sentry-asgi-autoconf with its metadata (pip install, also with --target).",
                ),
            )
        for entry_point in declared:
            try:
                entry_point.load()(module, self)
            except Exception as error:
                what = f"The adapter {entry_point.value} for {name} failed with {_describe(error)}"
                console.say("warning", error if isinstance(error, AdapterError) else AdapterError(what))

    def need(self, owner: Any, name: str, distribution: str) -> Callable[..., Any]:
        """Give the attribute that an adapter patches.

        Raises AdapterError if this release of the server does not have it.
        """
        found: Callable[..., Any] | None = getattr(owner, name, None)
        if found is None:
            raise AdapterError(
                f"{distribution} {_version(distribution)} has no {owner.__name__}.{name}: not instrumented",
                remedy="Use a release of it that the table of servers lists, or upgrade sentry-asgi-autoconf.",
            )
        return found

    # -- init

    def activate(self) -> Decision:
        """Initialise the SDK in this process, if its settings say so, and give what was decided.

        Idempotent; decides anew in a forked child. Raises SystemExit with status 78 in strict mode, if a setting
        is refused.
        """
        if self._decision is None or self._pid != os.getpid():
            self._pid = os.getpid()
            self._decision = Decision(False, "being initialised")
            self._decision = self._guarded(self._initialise, Decision(False, "failed, see stderr"))
            console.say(
                "info", f"{'active' if self._decision.active else 'inactive'}: {self._decision.reason}"
            )
        return self._decision

    def _initialise(self) -> Decision:
        from sentry_asgi_autoconf.settings import destination

        if not destination.has_destination(os.environ):
            return Decision(False, "neither SENTRY_DSN nor SENTRY_SPOTLIGHT is set")

        loaded = _load_settings()
        if not loaded.own.enabled:
            return Decision(False, "SENTRY_ASGI_ENABLED is false")

        from sentry_asgi_autoconf.sdk import initialise
        from sentry_asgi_autoconf.sdk import options as init_options

        options, problems = init_options.build(loaded.options, loaded.sources)
        self._report([*loaded.problems, *problems], strict=loaded.own.strict)
        if not options.get("dsn") and not options.get("spotlight"):
            return Decision(False, "no valid SENTRY_DSN")

        from sentry_asgi_autoconf.wrapping import current_request

        try:
            initialise.init(
                options,
                excluded_paths=loaded.own.excluded_paths,
                traces_sample_rates=loaded.own.traces_sample_rates,
                current_scope=current_request.recall,
            )
        except SdkError as error:
            self._report([error], strict=loaded.own.strict)
            return Decision(False, "sentry_sdk.init failed")
        return Decision(True, "sentry_sdk is initialised")

    def refuse_bad_settings(self) -> None:
        """Exit with status 78 if the settings are strict and one of them is refused; for a server's parent process."""
        from sentry_asgi_autoconf.settings import destination

        if destination.has_destination(os.environ):
            loaded = self._guarded(_load_settings, None)
            if loaded is not None and loaded.own.enabled and loaded.own.strict:
                self._report(loaded.problems, strict=True)

    @staticmethod
    def _report(problems: Sequence[AutoconfError], *, strict: bool) -> None:
        for problem in problems:
            console.say("error" if strict else "warning", problem)
        if strict and problems:
            raise SystemExit(CONFIGURATION_ERROR)

    # -- wrap

    def loading(self) -> Loading:
        """Give the context in which a server loads its app: initialised before, a failure reported after."""
        return Loading(self)

    def wrap(
        self, app: Any, *, server: str = "", asgi_version: int = 3, error_loggers: Sequence[str] = ()
    ) -> Any:
        """Give `app` ready to serve as ASGI 3: with one Sentry middleware around it, its framework's or ours.

        `server` names the distribution that serves, `error_loggers` those of its loggers that repeat a failed
        start-up. An inactive process gets `app` itself.
        """
        if not self.activate().active:
            return app
        return self._guarded(lambda: self._wrap(app, server, asgi_version, error_loggers), app)

    def _wrap(self, app: Any, server: str, asgi_version: int, error_loggers: Sequence[str]) -> Any:
        from sentry_asgi_autoconf.sdk import initialise
        from sentry_asgi_autoconf.wrapping import wrap

        served, by = wrap.wrap(app, asgi_version, error_loggers)
        if server:
            initialise.describe_server({"name": server, "version": _version(server), "adapter": server})
        console.say("info", f"{server or 'an app of your own'}: {wrap.name_of(app)} is instrumented by {by}")
        return served

    # -- flush

    def flush(self) -> None:
        """Send what was captured, for at most the SDK's shutdown_timeout."""
        if self._decision is not None and self._decision.active:
            from sentry_asgi_autoconf.wrapping import failure

            self._guarded(failure.flush, None)

    def report_failed_boot(self, error: BaseException) -> None:
        """Report that the app could not be loaded, before the process ends."""
        if self._decision is not None and self._decision.active:
            from sentry_asgi_autoconf.wrapping import failure

            self._guarded(lambda: failure.capture(error), None)

    @staticmethod
    def _guarded(function: Callable[[], T], otherwise: T) -> T:
        # The second of the two fail-open boundaries: a defect of ours costs telemetry, never the app.
        try:
            return function()
        except Exception as error:
            console.say(
                "error",
                UnexpectedError(
                    f"{_describe(error)}: the app is served without us",
                    remedy="Please report it, with SENTRY_DEBUG=true's output.",
                ),
            )
            return otherwise


class Loading:
    """Initialise on entry; on a failure inside, report it and wait until it is sent, as the process may end."""

    def __init__(self, runtime: Runtime) -> None:
        """Conduct `runtime`."""
        self._runtime = runtime

    def __enter__(self) -> None:
        """Initialise."""
        self._runtime.activate()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Report and flush; the error goes on its way."""
        if isinstance(error, Exception):
            self._runtime.report_failed_boot(error)
        if error is not None:
            self._runtime.flush()


def _load_settings() -> Loaded:
    from sentry_asgi_autoconf.settings import loading

    return loading.load(os.environ)


def _version(distribution: str) -> str:
    from sentry_asgi_autoconf.servers import entry_points

    return entry_points.version_of(distribution)


def _describe(error: BaseException) -> str:
    return f"{type(error).__name__}: {error}"


_runtime = Runtime()

join_server = _runtime.join_server


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
    return _runtime.wrap(app, asgi_version=asgi_version)  # type: ignore[no-any-return] # wraps T
