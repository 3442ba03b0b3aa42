"""Give a client that is in use other options, all at once, and stop and start what it sends.

The SDK reads nearly all options from `client.options` when it needs them, so that one assignment changes them. What is
being captured at that moment sees both: so a policy is put in force beside the one before it first, which forbids what
either does.
"""

from __future__ import annotations

from typing import Any, Mapping

import sentry_sdk

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
_PAUSED = "_sentry_asgi_autoconf_paused"


class _Options(sentry_sdk.Client):
    """What the SDK makes of arguments: a client's options, without the client."""

    def _init_impl(self) -> None:
        # All that a client does beyond: a transport, threads, integrations. A release that does it elsewhere has its
        # options read by a real client, and fails tests/policy/test_live_policy.py.
        pass


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
