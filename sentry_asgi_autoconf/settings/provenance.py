"""How each value came about."""

from __future__ import annotations

from typing import Any, NamedTuple

from sentry_asgi_autoconf.origin import Origin
from sentry_asgi_autoconf.settings.candidate import Candidate


class Setting(NamedTuple):
    """A value in effect.

    `overrode` are the values of lower layers, highest first. `forbidden` are those that a policy did not permit,
    `wanted` is the value before it was limited; `ruled_by` tells where the policy says so. `left_out` are those of
    which the SDK can make nothing: import strings that lead nowhere, options that the installed one does not have.
    """

    value: Any
    origin: Origin | None
    overrode: tuple[Candidate, ...] = ()
    forbidden: tuple[Candidate, ...] = ()
    wanted: Any = None
    ruled_by: str = ""
    left_out: tuple[Candidate, ...] = ()
