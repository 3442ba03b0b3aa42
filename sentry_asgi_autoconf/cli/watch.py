"""Name the trigger modules of the server adapters that other distributions bring."""

from __future__ import annotations

from sentry_asgi_autoconf import console, entry_points
from sentry_asgi_autoconf.console import printable
from sentry_asgi_autoconf.exceptions import AdapterError


def with_installed_triggers(watched: str) -> str:
    """Give `watched`, a comma-separated list of trigger modules, with those of the installed adapters added.

    The bootstrap knows the built-in ones by itself. Metadata that cannot be read is told of on stderr.
    """
    names = [name.strip() for name in watched.split(",") if name.strip()]
    installed = entry_points.in_group(entry_points.SERVERS)
    names += sorted(str(entry.name) for entry in installed if not _is_built_in(str(entry.value)))
    for distribution in entry_points.unreadable(entry_points.SERVERS):
        what = f"The metadata of {printable(distribution)}, which declares a server adapter, cannot be read"
        remedy = "Repair the distribution, or name the trigger module in SENTRY_ASGI_WATCH."
        console.say("warning", AdapterError(what, remedy=remedy))
    return ",".join(dict.fromkeys(names))


def _is_built_in(value: str) -> bool:
    return value.startswith("sentry_asgi_autoconf.")
