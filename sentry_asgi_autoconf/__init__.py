"""Zero-code Sentry for every ASGI app that a server in this environment serves."""

from __future__ import annotations

TYPE_CHECKING = False  # the bootstrap may cost an idle process nothing
if TYPE_CHECKING:
    from typing import TypeVar

    from sentry_asgi_autoconf.activation.decision import Decision

    T = TypeVar("T")

__version__ = "0.1.0"
__all__ = ["activate", "wrap"]


def activate() -> Decision:
    """Initialise the SDK in this process from its environment, and return what was decided and why.

    For an entry point of one's own: a worker, a script, a server without an adapter. The decision has `active`, a
    `code` and a `reason`. Idempotent. Raises SystemExit with status 78 if SENTRY_ASGI_STRICT is on and a setting is
    refused.
    """
    from sentry_asgi_autoconf.runtime import this_process

    return this_process.activate()


def wrap(app: T, *, asgi_version: int = 3) -> T:
    """Return the ASGI app ready to serve, with exactly one Sentry middleware; itself if this process is inactive.

    For a server without an adapter. Activates the process if it is not yet, and raises what `activate` raises.
    `asgi_version` is what `app` itself speaks, 2 or 3; what is returned speaks 3.
    """
    from sentry_asgi_autoconf.runtime import this_process

    return this_process.wrap(app, asgi_version)  # type: ignore[no-any-return] # wraps T
