"""Conduct the stages of one process: patch, init, wrap, flush. The app is served whatever fails here."""

from __future__ import annotations

import os
import threading
from typing import TYPE_CHECKING, Any, Callable, Sequence, TypeVar

from sentry_asgi_autoconf import activation, console
from sentry_asgi_autoconf.activation import Decision
from sentry_asgi_autoconf.exceptions import AdapterError, DependencyError, UnexpectedError

if TYPE_CHECKING:
    from types import ModuleType, TracebackType

T = TypeVar("T")


class Runtime:
    """Hold one process's decision and join its server to the stages; server adapters are handed this object."""

    def __init__(self) -> None:
        """Start undecided."""
        self._lacks_metadata = False
        self._pid = 0
        self._decision: Decision | None = None
        self._lock = threading.RLock()

    # -- patch

    def join_server(self, module: ModuleType) -> None:
        """Let the adapters that are declared for `module`'s name join it, each once and at its own risk."""
        from sentry_asgi_autoconf.servers import entry_points

        name = module.__name__
        declared = entry_points.for_trigger(name)
        if not declared and not self._lacks_metadata:
            self._lacks_metadata = True
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
        if self._pid != os.getpid():
            self._pid, self._decision, self._lock = os.getpid(), None, threading.RLock()
        with self._lock:
            if self._decision is None:
                # Said first, as a hook that a setting names may ask again while it is imported.
                self._decision = Decision(False, "being initialised")
                self._decision = self._guarded(activation.initialise, Decision(False, "failed, see stderr"))
                state = "active" if self._decision.active else "inactive"
                console.say("info", f"{state}: {self._decision.reason}")
            return self._decision

    def refuse_bad_settings(self) -> None:
        """Exit with status 78 if the settings are strict and one of them is refused; for a server's parent process."""
        self._guarded(activation.refuse_bad_settings, None)

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
        from sentry_asgi_autoconf.wrapping import served_app, wrap

        # An adapter puts the app where its server no longer looks at its shape, and saves the frame.
        shape = served_app.ServedApp if server else served_app.ServedCoroutine
        served, by = wrap.wrap(app, asgi_version, error_loggers, shape)
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
        except ImportError as error:
            console.say(
                "error",
                DependencyError(
                    f"{error}: the app is served without us",
                    remedy="pip install 'sentry-sdk>=2' 'pydantic-settings>=2' in the app's environment.",
                ),
            )
            return otherwise
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
