"""What reading the settings results in."""

from __future__ import annotations

from typing import Any, Mapping, NamedTuple

from sentry_asgi_autoconf.enforcement import Enforcement
from sentry_asgi_autoconf.exceptions import AutoconfError
from sentry_asgi_autoconf.origin import ENFORCED, Origin
from sentry_asgi_autoconf.settings.own import OwnValues
from sentry_asgi_autoconf.settings.provenance import Setting


class Loaded(NamedTuple):
    """What the settings say.

    `options` are keyword arguments for `sentry_sdk.init`, only those that were set and are valid; import
    strings are ImportReference, integrations IntegrationReference, not imported yet. `sources` gives the origin of
    each of them. `settings` tells how every value that is set came about, an own one's key begins with `asgi_`.
    `policies` names those that were read; `warnings` are their contradictions. They were read
    for `app` from `environ`, which was `environ_then`.
    """

    options: dict[str, Any]
    own: OwnValues
    problems: list[AutoconfError]
    sources: dict[str, Origin]
    settings: dict[str, Setting]
    enforcement: Enforcement
    policies: list[str]
    policy_is_unknown: bool
    warnings: list[AutoconfError]
    environ: Mapping[str, str] = {}
    environ_then: Mapping[str, str] = {}
    app: str | None = None

    def is_enforced(self, name: str) -> bool:
        """Whether a policy sets what has this name in `settings`."""
        setting = self.settings.get(name)
        return setting is not None and setting.origin is not None and setting.origin.layer == ENFORCED
