"""A value that is offered for a setting."""

from __future__ import annotations

from typing import Any, NamedTuple

from sentry_asgi_autoconf.origin import Origin


class Candidate(NamedTuple):
    """A raw value, not checked yet, and where it comes from."""

    value: Any
    origin: Origin
