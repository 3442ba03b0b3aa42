"""Name the trigger modules of the server adapters that other distributions bring."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from sentry_asgi_autoconf import console
from sentry_asgi_autoconf.entry_points import SERVERS
from sentry_asgi_autoconf.exceptions import AdapterError

if TYPE_CHECKING or sys.version_info >= (3, 10):
    from importlib.metadata import entry_points
else:
    from importlib_metadata import entry_points


def with_installed_triggers(watched: str) -> str:
    """Give `watched`, a comma-separated list of trigger modules, with those of the installed adapters added.

    The bootstrap knows the built-in ones by itself. Metadata that cannot be read is told of on stderr.
    """
    names = [name.strip() for name in watched.split(",") if name.strip()]
    try:
        names += sorted(entry.name for entry in entry_points(group=SERVERS) if not _is_built_in(entry.value))
    except (
        TypeError,
        ValueError,
    ) as error:  # what importlib.metadata raises for a malformed entry_points.txt
        console.say(
            "warning",
            AdapterError(
                f"The installed entry points cannot be read ({type(error).__name__}: {error})",
                remedy="Repair the distribution, or name the trigger modules in SENTRY_ASGI_WATCH.",
            ),
        )
    return ",".join(dict.fromkeys(names))


def _is_built_in(value: str) -> bool:
    return value.startswith("sentry_asgi_autoconf.")
