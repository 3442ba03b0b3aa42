"""What an adapter holds of its server: a way to patch it, and the stages through which it serves an app."""

from __future__ import annotations

import functools
import inspect
from types import TracebackType
from typing import Any, Callable, Sequence, TypeVar

from sentry_asgi_autoconf import entry_points, import_hook, import_strings
from sentry_asgi_autoconf.activation import decision
from sentry_asgi_autoconf.exceptions import AdapterError
from sentry_asgi_autoconf.runtime import Runtime, ServedBy
from sentry_asgi_autoconf.servers import patching

T = TypeVar("T")
U = TypeVar("U")

_BOUND_TO_NO_INSTANCE = (classmethod, staticmethod)


class AdapterRuntime:
    """What an adapter is called with, beside its trigger module: it makes the servers that the adapter joins."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime
        self.distributions: list[str] = []

    def server(
        self, distribution: str, *, error_loggers: Sequence[str] = (), repeats: Sequence[tuple[str, str]] = ()
    ) -> Server:
        """Return what the adapter joins its server with, and takes it through the stages with.

        `distribution` is the name of the one that serves. `error_loggers` are the names of those of its loggers that
        say that the app did not start, which is reported anyway. `repeats` are pairs of a logger's name and the
        beginning of the message in which it repeats an error of the app, `""` for all that it logs.
        """
        self.distributions.append(distribution)
        return Server(self._runtime, distribution, tuple(error_loggers), tuple(repeats))


class Server:
    """One server in this process, as its adapter joins it to the runtime.

    What joins it raises AdapterError where this release lacks what is patched. The stages raise nothing but SystemExit
    with status 78, where `SENTRY_ASGI_STRICT` refuses a setting.
    """

    def __init__(
        self,
        runtime: Runtime,
        distribution: str,
        error_loggers: tuple[str, ...] = (),
        repeats: tuple[tuple[str, str], ...] = (),
    ) -> None:
        self.distribution = distribution
        self._runtime = runtime
        self._error_loggers = error_loggers
        self._repeats = repeats

    @property
    def version(self) -> str:
        """The version in the distribution's metadata, "unknown" without any."""
        return entry_points.version_of(self.distribution)

    # -- patch

    def require(self, owner: Any, name: str) -> Callable[..., Any]:
        """Return the attribute `name` of a class or module. Raises AdapterError if there is none."""
        found: Callable[..., Any] | None = getattr(owner, name, None)
        if found is None:
            raise AdapterError(
                f"{self.distribution} {self.version} has no {owner.__name__}.{name}: not instrumented",
                remedy="Use a release of the server that the adapter supports, or upgrade the adapter (a built-in one"
                " with sentry-asgi-autoconf).",
            )
        return found

    def around(self, owner: Any, name: str, steps: patching.Steps) -> None:
        """Run `steps` around each call of `owner.name`, whose caller sees what it would see without them.

        `steps` is a generator function, which is called with the `Call`. What stands before its `yield` runs before
        the server's function, what stands after it afterwards; `yield` gives what the function returns or raises.
        To change an argument, yield `call.with_argument(name, value)`; to change the result, return another.

        `owner` is a class or a module. Of a function that a module defines itself, the modules beside it that have
        imported it by name have it replaced too. Raises AdapterError as `require` does.
        """
        original = self.require(owner, name)
        declared = inspect.getattr_static(owner, name, None)
        if isinstance(declared, _BOUND_TO_NO_INSTANCE):
            setattr(owner, name, type(declared)(patching.around(declared.__func__, steps, self.attempt)))
        else:
            _put(owner, name, original, patching.around(original, steps, self.attempt))

    def replace(self, owner: Any, name: str, replacement: Callable[..., Any]) -> None:
        """Put `replacement` for `owner.name`; it is called with the original first, then what callers pass.

        For what `around` cannot do: calling the function twice, or not at all. What the replacement raises, its
        caller sees. `owner` is as for `around`. Raises AdapterError as `require` does.
        """
        original = self.require(owner, name)

        @functools.wraps(original)
        def replaced(*args: Any, **kwargs: Any) -> Any:
            return replacement(original, *args, **kwargs)

        is_bound = isinstance(inspect.getattr_static(owner, name, None), _BOUND_TO_NO_INSTANCE)
        _put(owner, name, original, staticmethod(replaced) if is_bound else replaced)

    # -- init

    def prepare(self, app: Any = None, *, directories: Sequence[str] = ()) -> None:
        """Initialise the SDK in this process, ahead of a server that is about to load `app`.

        `app` is the import string or the object, if either is known: settings may exclude it. `directories` are the
        paths that the server will put on the import path for it, where what settings name may lie, too.
        """
        with import_strings.found_in(directories):
            if not self._excluded_by(app):
                self._runtime.activate()

    def loading(self, app: Any = None) -> Loading:
        """Return the context in which the server loads its app: initialised before, a failure reported after.

        `app` is as for `prepare`.
        """
        return Loading(self._runtime, app, self._error_loggers, self._excluded_by(app) is not None)

    @property
    def is_active(self) -> bool:
        """Whether this process is initialised."""
        return self._runtime.is_active

    def stands_aside(self, app: Any = None) -> bool:
        """Whether the settings keep us from this server, from `app`, or from the whole process: initialises nothing.

        For what an adapter would do to its server ahead of the initialisation. It reads the settings: not before the
        server has read its own files of variables.
        """
        excluding = self._excluded_by(app)
        settings = self._runtime.read_settings()
        leaves_as_it_is = isinstance(settings, decision.Decision) and settings.state == "inactive"
        return leaves_as_it_is or excluding is not None

    def refuse_bad_settings(self, app: Any = None) -> None:
        """Exit with status 78 if the settings are strict and one of them is refused; for a server's parent process."""
        if not self._excluded_by(app):
            self._runtime.refuse_bad_settings()

    def deactivate(self, *, only_starts_others: bool = False) -> None:
        """Undo the initialisation, as what was loaded is not an ASGI app; a process forked from here decides anew.

        A process that `only_starts_others` leaves it to them to serve, and has no status file.
        """
        if not self._excluded_by():
            decided = decision.ONLY_STARTS_OTHERS if only_starts_others else decision.NOT_ASGI
            self._runtime.deactivate(decided, only_starts_others=only_starts_others)

    # -- wrap

    def wrap(self, app: Any, *, name: str | None = None, asgi_version: int = 3) -> Any:
        """Return `app` ready to serve as ASGI 3: with one Sentry middleware around it, its framework's or ours.

        `name` is the import string that the server was given, `asgi_version` what `app` itself speaks, 2 or 3. An
        inactive process, an app that the settings exclude, and what cannot be called get `app` itself.
        """
        if not callable(app):
            return app
        served_by = ServedBy(self.distribution, self.version, self._error_loggers, self._repeats)
        setting = self._excluded_by(name, app)
        if setting:
            self._runtime.leave_alone(app, name, served_by, setting)
            return app
        return self._runtime.wrap(app, asgi_version, served_by, name)

    def wrap_attribute(
        self, holder: Any, attribute: str, *, name: str | None = None, asgi_version: int = 3
    ) -> None:
        """Put the wrapped app in the place where the server keeps it; a holder without one costs one line."""

        def put() -> None:
            app = getattr(holder, attribute)
            wrapped = self.wrap(app, name=name, asgi_version=asgi_version)
            if wrapped is not app:
                setattr(holder, attribute, wrapped)

        self.attempt(put, None)

    def attempt(self, action: Callable[[], T], otherwise: U) -> T | U:
        """Run an adapter's own code at a server's seam: what it raises costs one line, never the app.

        Return what `action` returns, `otherwise` where it raises an Exception.
        """
        return self._runtime.guarded(action, otherwise, adapter_of=self.distribution)

    # -- flush

    def flush(self) -> None:
        """Send what was captured, for at most the SDK's `shutdown_timeout`, in seconds."""
        if not self._excluded_by():
            self._runtime.flush()

    def stopped(self) -> None:
        """Flush where a server has ended whose process may end by a signal: with its last, its status file goes too."""
        self._runtime.stopped()

    def flush_on_termination(self) -> None:
        """Flush when SIGTERM arrives, if it would end the process at once; it ends with the same status."""
        if not self._excluded_by():
            self._runtime.flush_on_termination()

    def _excluded_by(self, *apps: Any) -> str | None:
        """Name the setting that keeps us from this server, or from one of `apps`; None stands for no app."""
        known = [app for app in apps if app is not None]
        self._runtime.read_settings(next((app for app in known if app and isinstance(app, str)), None))
        return self._runtime.excluded_by(self.distribution, known)


class Loading:
    """Initialise on entry; on a failure inside, report it and wait until it is sent, as the process may end."""

    def __init__(self, runtime: Runtime, app: Any, error_loggers: Sequence[str], is_excluded: bool) -> None:
        """Load `app`, an import string or an object; do nothing of it if it `is_excluded`."""
        self._runtime, self._app = runtime, app
        self._error_loggers, self._is_excluded = error_loggers, is_excluded

    def __enter__(self) -> Loading:
        """Initialise. Raises SystemExit with status 78 in strict mode, if a setting is refused."""
        if not self._is_excluded:
            self._runtime.activate()
            self._runtime.begin_boot(self._error_loggers)
        return self

    def loaded(self, app: T) -> T:
        """Return `app`, what was loaded, and have it known by its import string wherever it is wrapped."""
        if isinstance(self._app, str):
            self._runtime.remember(app, self._app)
        return app

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Report and flush; the error goes on its way."""
        if error is None or self._is_excluded:
            return
        if isinstance(error, Exception):
            self._runtime.report_failed_boot(error)
        self._runtime.flush()


def _put(owner: Any, name: str, original: Any, replaced: Any) -> None:
    if not isinstance(owner, type) and original.__module__ == owner.__name__:
        package = owner.__name__.partition(".")[0]
        for module, alias in list(import_hook.references(package, original)):
            setattr(module, alias, replaced)
    setattr(owner, name, replaced)
