"""Have a process that serves go by its policies as they change, without a restart.

A thread looks at the files every few seconds. It begins with the first scope that the process serves, as by then
whatever forks its workers has done so; a child that is forked later reads its policies anew.

A version of a file counts once two looks have found it the same, for it may be read while it is written. Until then it
counts beside the one before, so that what either of them forbids is forbidden: what is stricter need not wait, what is
looser waits for a file that rests.
"""

from __future__ import annotations

import os
import threading
import time
from typing import Callable, Iterable, Iterator

import sentry_sdk

from sentry_asgi_autoconf import client_calls, console, entry_points
from sentry_asgi_autoconf.activation import init_arguments, layers
from sentry_asgi_autoconf.activation.decision import ACTIVE, PAUSED, Decision
from sentry_asgi_autoconf.activation.init_arguments import Resolved
from sentry_asgi_autoconf.activation.layers import Loaded
from sentry_asgi_autoconf.exceptions import AutoconfError, PolicyChangeError
from sentry_asgi_autoconf.policy.enforcement import Enforcement
from sentry_asgi_autoconf.policy.in_force import Source, mark_of
from sentry_asgi_autoconf.sdk import clients
from sentry_asgi_autoconf.sdk.clients import Guard
from sentry_asgi_autoconf.serving import credentials
from sentry_asgi_autoconf.serving.request_layer import request_opener
from sentry_asgi_autoconf.settings import destinations
from sentry_asgi_autoconf.settings.own import OWN_SETTINGS, OwnValues

_ROOT = 0
# Seconds between two looks.
_PERIOD = 5.0
# What a client is built from: it holds until the process ends.
CLIENT_FIXED = frozenset(
    (
        *("auto_enabling_integrations", "default_integrations", "disabled_integrations", "integrations"),
        *("ca_certs", "cert_file", "key_file", "http_proxy", "https_proxy", "proxy_headers"),
        *("dsn", "keep_alive", "shutdown_timeout", "socket_options", "spotlight"),
        *("send_client_reports", "transport", "transport_queue_size"),
        *("profile_lifecycle", "profile_session_sample_rate", "profiler_mode", "trace_lifecycle"),
        *("debug", "enable_backpressure_handling", "functions_to_trace", "instrumenter", "_experiments"),
    )
)
# What is decided once in a process.
FIXED = frozenset(
    (
        *("capture_5xx", "disabled_servers", "enabled", "excluded_apps", "integration_options"),
        *("integrations", "platform", "processes", "strict", "traceparent"),
    )
)
_NEXT_START = "Restart the service."


class Watched:
    """One policy: the version that counts, and a newer one beside it that has yet to be found a second time."""

    def __init__(self, source: Source, why_not: Callable[[Source], list[str]] = lambda found: []) -> None:
        """Begin with the version that the process has started with; `why_not` says what a newer one cannot have."""
        self._counts, self._why_not = source, why_not
        self._newer: Source | None = None
        self._mark, self._is_settled = source.mark, True

    @property
    def sources(self) -> list[Source]:
        """Return the versions that count, the newer one last."""
        return [self._counts] if self._newer is None else [self._counts, self._newer]

    def look(self) -> list[AutoconfError]:
        """Look once whether there is another version, and return what is to be said of it."""
        if not self._counts.path:
            return []
        mark = mark_of(self._counts.path)
        is_same = mark == self._mark
        if is_same and self._is_settled:
            return []
        self._mark, self._is_settled = mark, is_same
        return list(self._take(is_same))

    def _take(self, is_same: bool) -> Iterator[AutoconfError]:
        found = self._counts.read_again() if self._counts.read_again else self._counts
        refused = (
            [error.what for error in found.policy.errors] or self._foreign(found) or self._why_not(found)
        )
        if refused:
            self._newer = None
            if is_same:
                what = f"a changed policy does not count: {refused[0]}"
                yield PolicyChangeError(what, remedy="Correct it; until then the previous version applies.")
        elif _is_version(found, self._counts) or (is_same and _is_version(found, self._newer)):
            self._counts, self._newer = found, None
        else:
            # A line that has no end yet may be half a value.
            self._newer = found if is_same or found.is_whole else None
            self._is_settled = False

    def read_again(self) -> None:
        """Read the version that counts again, as a value of it has expired."""
        if self._counts.read_again is not None:
            again = self._counts.read_again()
            if _is_version(again, self._counts):
                self._counts = again

    def _foreign(self, found: Source) -> list[str]:
        owner, before = found.mark[0], self._counts.mark[0]
        if not hasattr(os, "getuid") or owner in (_ROOT, before, os.getuid()):
            return []
        return [f"{found.path} now belongs to another user"]


def _is_version(one: Source, other: Source | None) -> bool:
    return other is not None and one.policy.names == other.policy.names


class LivePolicy:
    """The policies of this process, and what it does as they change."""

    def __init__(self, loaded: Loaded, guard: Guard, changed: Callable[[Loaded, Decision], None]) -> None:
        """Begin with what the process was initialised with; `changed` is called with what holds from then on."""
        self._loaded, self._guard, self._changed = loaded, guard, changed
        self._watched = [Watched(source, self._why_not) for source in loaded.policies]
        self._reported = set(map(str, loaded.problems))

    def begin(self) -> None:
        """Look now, and from now on."""
        self._guard.guarded(self.look, None)
        threading.Thread(target=self._look_again, name="sentry-asgi-policy", daemon=True).start()

    def _look_again(self) -> None:
        while clients.is_installed(self._guard):
            time.sleep(_PERIOD)
            self._guard.guarded(self.look, None)

    def look(self) -> None:
        """Look at each policy once, and go by what counts now."""
        if not clients.is_installed(self._guard):
            return
        for watched in self._watched:
            self._report(watched.look())
        if time.time() >= self._loaded.policy.expires:
            for watched in self._watched:
                watched.read_again()
        sources = [source for watched in self._watched for source in watched.sources]
        are_others = [each.policy for each in sources] != [each.policy for each in self._loaded.policies]
        if are_others and not self._guard.guarded(lambda: self._go_by(sources), False):
            self._send_nothing(sources)

    def _send_nothing(self, sources: list[Source]) -> None:
        """Pause, as it is not known what these versions allow; others may say it."""
        self._loaded = self._loaded._replace(policies=sources)
        self._guard = self._guard._replace(pauses=True)
        clients.install(self._guard)
        what = "a changed policy cannot be put in force: nothing is sent"
        self._report([PolicyChangeError(what, remedy="Restart the service, or change the policy again.")])
        self._tell([])

    def _why_not(self, found: Source) -> list[str]:
        """Say what a version enforces that cannot be had; of this alone, as another policy's change may be fine."""
        resolved = self._guard.guarded(lambda: init_arguments.resolve(self._read([found])), None)
        if resolved is None or not resolved.enforcement.blocks_sending:
            return []
        return [problem.what for problem in reversed(resolved.problems)]

    def _read(self, sources: list[Source]) -> Loaded:
        environ = self._loaded.environ_then
        loaded = layers.read(self._loaded.found._replace(environ=environ), sources)
        return loaded._replace(environ_then=environ)

    def _go_by(self, sources: list[Source]) -> bool:
        before, loaded = self._loaded, self._read(sources)
        fixed = {name: getattr(before.own, name) for name in FIXED}
        waiting = [OWN_SETTINGS[name].key for name in FIXED if getattr(loaded.own, name) != fixed[name]]
        resolved = init_arguments.resolve(
            loaded._replace(own=OwnValues(**{**vars(loaded.own), **fixed}), found=before.found)
        )
        self._loaded = resolved.loaded
        waiting += [name for name in CLIENT_FIXED if loaded.options.get(name) != before.options.get(name)]
        self._put_in_force(resolved)
        self._report([*loaded.problems, *loaded.warnings, *resolved.problems])
        self._tell(sorted(waiting))
        return True

    def _put_in_force(self, resolved: Resolved) -> None:
        own, policy = resolved.loaded.own, resolved.loaded.policy
        arguments = resolved.build_arguments()
        forbidden = _forbidden_by(resolved.enforcement)
        if forbidden:
            what = f"a changed policy does not permit this process's {', '.join(forbidden)}: nothing is sent"
            self._report([PolicyChangeError(what, remedy=_NEXT_START)])
        self._guard = self._guard._replace(arguments=arguments, pauses=policy.pauses or bool(forbidden))
        # As long as either names a key, it is filtered.
        credentials.add(own.scrub_keys)
        _change_clients(self._guard)
        credentials.keep_added(own.scrub_keys)
        clients.describe_us(entry_points.way_in(), policy.names, own.tags)
        request_opener.options_change()

    def _tell(self, waiting: list[str]) -> None:
        if waiting:
            what = f"a changed policy affects {', '.join(waiting)}, but only from the next start on"
            self._report([PolicyChangeError(what, remedy=_NEXT_START)])
        self._changed(self._loaded, PAUSED if self._guard.pauses else ACTIVE)

    def _report(self, problems: Iterable[AutoconfError]) -> None:
        for problem in problems:
            if str(problem) not in self._reported:
                self._reported.add(str(problem))
                console.say("warning", problem)


class _Options(sentry_sdk.Client):
    """What the SDK makes of arguments: a client's options, without the client."""

    def _init_impl(self) -> None:
        # What a client does beyond is done here: a transport, threads, integrations. With a release that does it
        # elsewhere tests/policy/test_changing_files.py fails.
        pass


def _change_clients(guard: Guard) -> None:
    """Have the clients that there are go by this guard's settings, and those that are made from now on.

    Raises ConfiguratorError, and what the SDK raises for arguments that it refuses.
    """
    for client in clients.known():
        call = client_calls.of(client) or client_calls.last_of_app(client)
        given = call.given() if call else None
        merged = guard.arguments.of_settings() if given is None else guard.arguments.of_app(given)
        with clients.bypass():
            wanted = _Options(**{**merged.arguments, "integrations": [], "transport": None}).options
        # The SDK reads nearly all options there when it needs them, so that one assignment changes them. What is being
        # captured at this moment sees both: hence each version is in force beside the one before it first.
        fixed = {name: client.options[name] for name in CLIENT_FIXED if name in client.options}
        client.options = {**wanted, **fixed}
    clients.install(guard)


def _forbidden_by(enforcement: Enforcement) -> list[str]:
    """Name the ways out of this process that these rules do not permit; of integrations' own, none is known here."""
    names = [name for name in destinations.WAYS_OUT if name != "integrations"]
    ways = [(name, client.options.get(name)) for client in clients.known() for name in names]
    return sorted({name for name, value in ways if not _is_permitted(name, value or None, enforcement)})


def _is_permitted(name: str, value: object, enforcement: Enforcement) -> bool:
    if name in enforcement.values:
        return bool((enforcement.values[name] or None) == value)
    return value is None or enforcement.permits(name, value)
