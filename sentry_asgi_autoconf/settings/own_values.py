"""The values of this package's own settings, without the model that checks them."""

from __future__ import annotations

from typing import Mapping, NamedTuple, Sequence


class OwnValues(NamedTuple):
    """What OwnSettings has, by the same names and with the same defaults."""

    enabled: bool = True
    strict: bool = False
    log_level: str = "warning"
    excluded_paths: Sequence[str] = []
    traces_sample_rates: Mapping[str, float] = {}
    processes: str = "servers"
    integrations: str = "deferred"
    capture_5xx: bool = False
    attachments: bool = True
    user_fields: Sequence[str] | None = None
    secrets_dir: str | None = None
    watch: Sequence[str] = []
    disabled_servers: Sequence[str] = []
    excluded_apps: Sequence[str] = []
    on_app_init: str = "merge"
    config: str | None = None
    policy: str | None = None
    status_dir: str | None = None
