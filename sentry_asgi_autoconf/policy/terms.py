"""The terms of a policy, checked."""

from __future__ import annotations

from typing import NamedTuple

from sentry_asgi_autoconf.exceptions import AutoconfError
from sentry_asgi_autoconf.policy.limits import Limit
from sentry_asgi_autoconf.settings.keys import NOTHING, Table

# Hooks that an enforced one follows, in place of standing for it: both see the event.
CHAINED = frozenset(
    (
        "before_breadcrumb",
        "before_send",
        "before_send_log",
        "before_send_metric",
        "before_send_span",
        "before_send_transaction",
        "event_scrubber",
    )
)


class Policy(NamedTuple):
    """Defaults and enforced values, and limits by option.

    `errors` say why a policy cannot be relied on: then nothing may leave the process. `warnings` are contradictions
    that were resolved.
    """

    names: list[str]
    defaults: Table
    enforced: Table
    limits: dict[str, Limit]
    errors: list[AutoconfError]
    warnings: list[AutoconfError]

    @property
    def is_unknown(self) -> bool:
        """Whether what the policy allows cannot be told."""
        return bool(self.errors)


NO_POLICY = Policy([], NOTHING, NOTHING, {}, [], [])


def unreadable(error: AutoconfError) -> Policy:
    """Give the policy that is there and cannot be read."""
    return NO_POLICY._replace(errors=[error])
