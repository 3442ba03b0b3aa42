"""Give a client that is in use other options, all at once, and stop and start what it sends.

The SDK reads nearly all options from `client.options` when it needs them. So one assignment changes them, between two
reads of which nothing can be half new. What is being captured at that moment may have seen both: it is not sent, and is
counted with what is sampled out.
"""

from __future__ import annotations

import functools
from typing import Any, Mapping

import sentry_sdk
from sentry_sdk.consts import DEFAULT_OPTIONS

from sentry_asgi_autoconf.serving import chained_hooks

# What a client is built from: it holds until the process ends.
FIXED = frozenset(
    (
        *("auto_enabling_integrations", "default_integrations", "disabled_integrations", "integrations"),
        *(
            "ca_certs",
            "cert_file",
            "dsn",
            "http_proxy",
            "https_proxy",
            "keep_alive",
            "key_file",
            "proxy_headers",
        ),
        *("send_client_reports", "shutdown_timeout", "socket_options", "spotlight", "transport"),
        *(
            "transport_queue_size",
            "debug",
            "enable_backpressure_handling",
            "functions_to_trace",
            "instrumenter",
        ),
        *(
            "profile_lifecycle",
            "profile_session_sample_rate",
            "profiler_mode",
            "trace_lifecycle",
            "_experiments",
        ),
    )
)
# Where an event tells how many changes of the policy its process has seen.
CONTEXT, CHANGES = "sentry_asgi_autoconf", "policy_changes"
_PAUSED = "_sentry_asgi_autoconf_paused"


class _Options(sentry_sdk.Client):
    """What the SDK makes of arguments: a client's options, without the client."""

    def _init_impl(self) -> None:
        # All that a client does beyond: a transport, threads, integrations. A release that does it elsewhere has its
        # options read by a real client, and fails tests/policy/test_live_policy.py.
        pass


def hold_to(arguments: dict[str, Any], changes: int) -> None:
    """Let nothing through that was begun under an earlier policy than the one with these arguments."""
    if "error_sampler" in DEFAULT_OPTIONS:
        rate = arguments.get("sample_rate")
        given = arguments.get("error_sampler"), 1.0 if rate is None else rate
        arguments["error_sampler"] = functools.partial(_sampled, changes, *given)
    chained_hooks.add(arguments, {"before_send_transaction": functools.partial(_current, changes)})


def _sampled(changes: int, sampler: Any, rate: Any, event: Any, hint: Any) -> Any:
    if _current(changes, event, hint) is None:
        return 0.0
    return sampler(event, hint) if callable(sampler) else rate


def _current(changes: int, event: Any, hint: Any) -> Any:
    contexts = event.get("contexts")
    ours = contexts.get(CONTEXT) if isinstance(contexts, dict) else None
    begun = ours.get(CHANGES) if isinstance(ours, dict) else None
    return event if begun in (None, changes) else None


def change(client: Any, arguments: Mapping[str, Any]) -> None:
    """Put these arguments in force on a client, but for those that it was built from."""
    wanted = _Options(**{**arguments, "integrations": [], "transport": None}).options
    before = client.options
    client.options = {**wanted, **{name: before[name] for name in FIXED if name in before}}


def pause(client: Any) -> None:
    """Let nothing leave by this client until it goes on. Idempotent."""
    if _PAUSED not in vars(client):
        vars(client)[_PAUSED] = client.transport, client.spotlight
        # What the SDK has where there is no DSN.
        client.transport = client.spotlight = None


def go_on(client: Any) -> None:
    """Let a client send again that was paused. Idempotent."""
    if _PAUSED in vars(client):
        client.transport, client.spotlight = vars(client).pop(_PAUSED)
