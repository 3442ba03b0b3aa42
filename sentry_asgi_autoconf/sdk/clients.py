"""Make the clients of this process: ours, and with its arguments put over ours each that an app makes itself.

The one place that all ways lead through, also functions imported by name before and a client bound by hand, is the
constructor of `sentry_sdk.Client`, where the guard stands.
"""

from __future__ import annotations

import functools
import logging
import os
import weakref
from contextlib import contextmanager
from typing import Any, Callable, Iterator, Mapping, NamedTuple, Sequence

import sentry_sdk
from sentry_sdk.client import SDK_INFO
from sentry_sdk.consts import DEFAULT_OPTIONS
from sentry_sdk.integrations import DidNotEnable
from sentry_sdk.scrubber import EventScrubber
from sentry_sdk.utils import get_default_release, logger

from sentry_asgi_autoconf import client_calls, entry_points
from sentry_asgi_autoconf.client_calls import Call
from sentry_asgi_autoconf.exceptions import SdkError
from sentry_asgi_autoconf.import_strings import described
from sentry_asgi_autoconf.integrations import deferred, event_loops
from sentry_asgi_autoconf.sdk.arguments import Arguments, Merged

Report = Callable[[str, Merged], None]

# What the SDK raises for arguments that are none, some of it by mishap.
_REFUSALS = (
    *(AttributeError, DidNotEnable, ImportError, LookupError, OSError, RuntimeError, TypeError, ValueError),
    Warning,
)
# What every event says of this package.
CONTEXT = "sentry_asgi_autoconf"
_packages: Any = SDK_INFO["packages"]
_PACKAGE = {"name": f"pypi:{entry_points.NAME}", "version": entry_points.own_version()}
_context: dict[str, Any] = {}
_tagged: list[str] = []
# What a client has that sends nothing for now.
_PAUSED = "_sentry_asgi_autoconf_paused"
# All that were made for this process, ours and an app's, of which one may have no hash.
_made: list[weakref.ref[Any]] = []
_NOTHING = {"dsn": "", "spotlight": False, "default_integrations": False, "auto_enabling_integrations": False}


def init(arguments: Mapping[str, Any], *, defers: bool) -> None:
    """Initialise the SDK; `defers` says whether integrations wait for their libraries.

    Raises SdkError if the SDK refuses the arguments.
    """
    event_loops.take_over()
    try:
        with bypass():
            deferred.make_client(_initialised, arguments, defers=defers)
    except (DidNotEnable, ImportError, TypeError, ValueError, Warning) as error:
        raise SdkError(
            f"sentry_sdk.init refused the settings with {type(error).__name__}: {error}",
            remedy="Correct the option that it names, or remove it.",
        ) from error


def final_arguments(arguments: Arguments, report: Report) -> Merged:
    """Return our init's arguments, with those of an app's own init that ran already."""
    client = sentry_sdk.get_client()
    call = client_calls.last_of_app(client)
    # Of a client that was made before calls are kept, the options must say it.
    is_kept = client_calls.are_kept(client)
    app_arguments = call.given() if call else {} if is_kept else _arguments_of(client)
    if app_arguments is None or not (app_arguments or call):
        return arguments.of_settings()
    merged = arguments.of_app(app_arguments)
    if call is None or not call.is_reported:
        report(str(call or "an earlier place"), merged)
    return merged._replace(refusals=[], unheld="")


def _global_scope() -> Any:
    return sentry_sdk.Scope.get_global_scope()


def _initialised(arguments: Mapping[str, Any]) -> Any:
    sentry_sdk.init(**arguments)
    client = _global_scope().client
    if sentry_sdk.get_client() is not client:
        # An earlier client's arguments are among ours; bound to a nearer scope, it would stand before ours.
        for scope in (sentry_sdk.Scope.get_isolation_scope(), sentry_sdk.Scope.get_current_scope()):
            scope.set_client(None)
    _set_level(client)
    _made.append(weakref.ref(client, _made.remove))
    return client


def known() -> list[Any]:
    """Return the clients that there are, ours and an app's."""
    return [client for client in (made() for made in _made) if client is not None]


def describe_us(way_in: str, policies: Sequence[str], tags: Mapping[str, str]) -> None:
    """Say in every event that it comes by this package: which release, how it came in, by which policies and tags."""
    if _PACKAGE not in _packages:
        _packages.append(_PACKAGE)
    _context.update(way_in=way_in, policies=list(policies))
    scope = _global_scope()
    scope.set_context(CONTEXT, dict(_context))
    _remove_tags()
    for name, text in tags.items():
        scope.set_tag(name, text)
        if hasattr(scope, "set_attribute"):  # which is how logs, metrics and streamed spans have them
            scope.set_attribute(name, text)
    _tagged.extend(tags)


def describe_served(app: str, server: str, version: str) -> None:
    """Say in every event which app this process serves, and with what."""
    _context["apps"] = [*_context.get("apps", ()), app]
    _global_scope().set_context(CONTEXT, dict(_context))
    _global_scope().set_context("asgi_server", {"name": server, "version": version, "adapter": server})


def deactivate() -> None:
    """Take our client away again; what the integrations have patched finds none, and does nothing.

    One that the app made itself is as without us then; under a policy it stays as it is.
    """
    _global_scope().remove_context(CONTEXT)
    _context.clear()
    _remove_tags()
    _packages[:] = [each for each in _packages if each != _PACKAGE]
    call = client_calls.last_of_app(sentry_sdk.get_client())
    if not any(guard.arguments.must_hold for guard in _installed):
        _installed.clear()
        deferred.uninstall()
        event_loops.uninstall()
        send_nothing_more()
        app_arguments = None if call is None else call.given()
        if app_arguments is not None:
            sentry_sdk.init(**app_arguments)
    elif call is None:
        send_nothing_more()


def _remove_tags() -> None:
    scope = _global_scope()
    for name in _tagged:
        scope.remove_tag(name)
        getattr(scope, "remove_attribute", scope.remove_tag)(name)
    _tagged.clear()


def send_nothing_more() -> None:
    """Take the client away that is there, whoever made it."""
    sentry_sdk.get_client().close(timeout=0)
    _global_scope().set_client(None)


def _set_level(client: Any) -> None:
    """Set the level for what `client` prints: everything with the option debug, else nothing below a warning."""
    logger.setLevel(logging.DEBUG if client.options["debug"] else logging.WARNING)


class Guard(NamedTuple):
    """What makes the arguments of an app's init, what runs ours fail-open, and what is called with the result."""

    arguments: Arguments
    guarded: Callable[[Callable[[], Any], Any], Any]
    report: Report
    pauses: bool = False  # whether the policy has nothing sent

    def construct(
        self, original: Callable[..., None], client: Any, args: tuple[Any, ...], kwargs: Any
    ) -> None:
        """Construct the app's client. Raises what the SDK would raise for the app's own arguments."""
        call = client_calls.of(client) or Call(args, kwargs)
        given = call.given()
        merged = None if given is None else self.guarded(lambda: self._made(original, client, given), None)
        if merged is None or merged.error:
            merged = merged or Merged({}, [], [], error="it is not known what may be set")
            original(client, *args, **kwargs)
            if self.arguments.must_hold:
                # What the policy says of these arguments is not known.
                merged = merged._replace(arguments=_NOTHING)
                original(client, **merged.arguments)
        self.guarded(lambda: self._remember(client), None)
        call.is_reported = True
        self.guarded(lambda: self.report(str(call), merged), None)

    def _made(self, original: Callable[..., None], client: Any, given: dict[str, Any]) -> Merged:
        def made(final: Mapping[str, Any]) -> Any:
            original(client, **final)
            _set_level(client)
            return client

        merged = self.arguments.of_app(given)
        try:
            deferred.make_client(made, merged.arguments, defers=self.arguments.defers)
        except _REFUSALS as error:
            # The app's own arguments may be at fault, or the settings together with them.
            return Merged({}, [], [], error=described(error))
        return merged

    def _remember(self, client: Any) -> None:
        _made.append(weakref.ref(client, _made.remove))
        self.pause(client)

    def pause(self, client: Any) -> None:
        """Let nothing leave by a client while the policy has nothing sent, and let it send again after that."""
        kept = vars(client)
        if self.pauses and _PAUSED not in kept:
            kept[_PAUSED] = client.transport, client.spotlight
            # What the SDK has where there is no DSN.
            client.transport = client.spotlight = None
        elif not self.pauses and _PAUSED in kept:
            client.transport, client.spotlight = kept.pop(_PAUSED)


# At most one: that of the latest settings.
_installed: list[Guard] = []


def install(guard: Guard) -> None:
    """Guard every client that is made from now on."""
    _installed[:] = [guard]
    for client in known():
        guard.pause(client)
    _watch()


def is_installed(guard: Guard) -> bool:
    """Whether clients are made by this guard."""
    return any(each is guard for each in _installed)


@contextmanager
def bypass() -> Iterator[None]:
    """Make one client past the guard within this context."""
    _watch()
    token = client_calls.bypass.set(True)
    try:
        yield
    finally:
        client_calls.bypass.reset(token)


def _watch() -> None:
    client: Any = sentry_sdk.Client
    client_calls.keep(client)
    original = client.__init__
    if hasattr(original, "guarded"):
        return

    @functools.wraps(original)
    def construct(self: Any, *args: Any, **kwargs: Any) -> None:
        if _installed and not client_calls.bypass.get():
            _installed[0].construct(original, self, args, kwargs)
        else:
            client_calls.bypass.set(False)
            original(self, *args, **kwargs)

    construct.guarded = True  # type: ignore[attr-defined] # how a second guard knows the first
    client.__init__ = construct


# The client puts these in where nothing is given, from the machine or from other options.
_FOUND_OUT = frozenset(("instrumenter", "keep_alive", "project_root", "server_name", "spotlight"))


def _arguments_of(client: Any) -> dict[str, Any]:
    """Return the arguments that differ from what the SDK would have taken by itself; none if there is no client."""
    options = client.options if client.is_active() else {}
    names = [name for name in options if name in DEFAULT_OPTIONS and name not in _FOUND_OUT]
    return {name: options[name] for name in names if not _is_usual(name, options[name])}


def _is_usual(name: str, value: Any) -> bool:
    if value is None or value is DEFAULT_OPTIONS[name] or value == DEFAULT_OPTIONS[name]:
        return True
    if name == "debug":
        return not value
    if name == "data_collection":
        return not value.get("provided_by_user")
    if name == "event_scrubber":
        return type(value) is EventScrubber
    if name == "environment":
        return bool(value == (os.environ.get("SENTRY_ENVIRONMENT") or "production"))
    if name == "release":
        return bool(value == get_default_release())
    return name == "dsn" and value == os.environ.get("SENTRY_DSN")
