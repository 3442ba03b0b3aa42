"""Let adapters join a server once its trigger module has been imported."""

from __future__ import annotations

import os
import sys

from sentry_asgi_autoconf import client_calls, import_hook
from sentry_asgi_autoconf.status import unknown_server

TYPE_CHECKING = False  # a process that imports a server need not import typing for us
if TYPE_CHECKING:
    from importlib.machinery import ModuleSpec
    from types import ModuleType
    from typing import Any, Callable, Protocol

    class TriggerFinder(Protocol):
        """What the bootstrap's sitecustomize puts on sys.meta_path."""

        triggers: set[str]


# A process that multiprocessing spawns imports it before it begins.
_MULTIPROCESSING = "multiprocessing.util"


def begin(finder: TriggerFinder, everywhere: bool) -> None:
    """Catch up at interpreter start: with triggers imported already, and with `SENTRY_ASGI_PROCESSES=all`."""
    for name in finder.triggers.intersection(sys.modules):
        _notify(sys.modules[name])
    if everywhere:
        finder.triggers.add(_MULTIPROCESSING)
        _guarded(_activate)


def find_spec(finder: TriggerFinder, name: str, path: Any, target: Any) -> ModuleSpec | None:
    """Return the other finders' spec for a trigger module, its loader replaced until it is used."""
    if name in unknown_server.APP_CLASSES and not unknown_server.is_wanted():
        finder.triggers.difference_update(unknown_server.APP_CLASSES)
        return None
    spec = import_hook.find_spec(finder, name, path, target)
    if spec is not None:
        import_hook.watch(spec, _Joining())
    return spec


class _Joining:
    """Have a server joined once its trigger module has been executed."""

    def begins(self, module: ModuleType) -> None:
        """Do nothing yet."""

    def ends(self, module: ModuleType, succeeded: bool) -> None:
        """Let its adapters join it, if it can be imported."""
        if succeeded:
            _notify(module)


# Whether it was said that no adapter is declared for a trigger: once is enough.
_said_of_metadata: list[bool] = []


def join(module: ModuleType) -> None:
    """Let the adapters that are declared for `module`'s name join it, each once and at its own risk."""
    from sentry_asgi_autoconf import console, entry_points, exceptions

    name = module.__name__
    declared = [found for found in entry_points.in_group(entry_points.SERVERS) if found.name == name]
    if not declared and not _said_of_metadata:
        _said_of_metadata.append(True)
        console.say("warning", exceptions.of_metadata(name))
    for entry_point in declared:
        _join(entry_point, module)


def _join(entry_point: Any, module: ModuleType) -> None:
    from sentry_asgi_autoconf import entry_points
    from sentry_asgi_autoconf.servers.server import AdapterRuntime

    adapted = AdapterRuntime(_runtime())
    if not entry_point.value.startswith("sentry_asgi_autoconf."):  # it may be beside this package
        entry_points.complete_path()
    try:
        entry_point.load()(module, adapted)
    except Exception as error:  # an adapter may be anybody's code, and must not keep others from joining
        from sentry_asgi_autoconf import console, exceptions
        from sentry_asgi_autoconf.activation import exclusions

        # Until it says otherwise, the adapter's server is taken to have the name of its package.
        if not exclusions.disable([module.__name__.partition(".")[0], *adapted.distributions]):
            console.say("warning", exceptions.of_join(entry_point.value, module.__name__, error))


def _activate() -> None:
    try:
        _runtime().activate()
    except SystemExit as refusal:
        # Strict mode refuses this process. site would make another status of it, and a traceback.
        os._exit(int(refusal.code or 0))


def _notify(module: ModuleType) -> None:
    if module.__name__ == client_calls.MODULE:
        _guarded(lambda: client_calls.keep(module._Client, _guard_clients))
        if "_SENTRY_ASGI_INBOX" in os.environ:
            _guarded(lambda: _redirect(module))
    elif module.__name__ == _MULTIPROCESSING:
        _guarded(lambda: _watch_child(module))
    elif module.__name__ in unknown_server.APP_CLASSES:
        _guarded(lambda: unknown_server.watch(module))
    else:
        _guarded(lambda: join(module))


def _watch_child(util: ModuleType) -> None:
    from sentry_asgi_autoconf.flushing import flush

    flush.run_if_spawned(util, _end_child)


def _end_child() -> None:
    _guarded(lambda: _runtime().end_child())


def _guard_clients() -> None:
    _guarded(lambda: _runtime().guard_clients())


def _redirect(module: Any) -> None:
    from sentry_asgi_autoconf.inbox import redirection

    redirection.begin(module._Client)


def _runtime() -> Any:
    from sentry_asgi_autoconf.runtime import this_process

    return this_process


def _guarded(function: Callable[[], Any]) -> None:
    def unexpected(error: Exception) -> Exception:
        from sentry_asgi_autoconf.exceptions import UnexpectedError

        return UnexpectedError(f"{type(error).__name__}: {error}: the process goes on without Sentry")

    import_hook.guarded(function, unexpected)
