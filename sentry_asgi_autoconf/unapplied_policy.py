"""Hold a process to a policy that could not be applied: nothing leaves it."""

from __future__ import annotations

import os
from typing import Any, Callable

from sentry_asgi_autoconf import console
from sentry_asgi_autoconf.enforcement import nothing_leaves
from sentry_asgi_autoconf.exceptions import InvalidPolicyError
from sentry_asgi_autoconf.settings.policy import places


def hold(guarded: Callable[..., Any]) -> None:
    """Let nothing leave this process if a policy is there that could not be applied; for when `initialise` failed."""
    if not places.exist(os.environ):
        return
    try:
        from sentry_asgi_autoconf.sdk import guard
        from sentry_asgi_autoconf.sdk import initialise as sdk
        from sentry_asgi_autoconf.sdk.arguments import Arguments, no_request
        from sentry_asgi_autoconf.sdk.chained_hooks import as_it_is
    except ImportError:  # without the SDK nothing leaves anyway
        return
    arguments = Arguments(
        {},
        nothing_leaves(),
        on_app_init="merge",
        defers=False,
        excluded_paths=[],
        traces_sample_rates={},
        current_scope=no_request,
        complete_event=as_it_is,
    )
    guard.stand(guard.Guard(arguments, lambda merge: guarded(merge, None), lambda caller, merged: None))
    sdk.send_nothing_more()
    remedy = "Mend what the line above tells; until then nothing leaves this process."
    console.say("error", InvalidPolicyError("there is a policy, which cannot be applied", remedy=remedy))
