"""The settings: each declared once, read of every layer by that declaration.

`SentrySettings` is the same as a pydantic-settings model, for code and pipelines of your own. It needs the extra
`settings`; who does not ask for it does not pay for it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sentry_asgi_autoconf.settings.model import SentrySettings

__all__ = ["SentrySettings"]


def __getattr__(name: str) -> Any:
    """Import the model when it is asked for."""
    if name != "SentrySettings":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from sentry_asgi_autoconf.settings.model import SentrySettings

    return SentrySettings
