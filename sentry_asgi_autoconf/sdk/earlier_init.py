"""Tell what an app's `sentry_sdk.init` was given from the client that it made: for one made before calls were kept."""

from __future__ import annotations

import os
from typing import Any

from sentry_sdk.consts import DEFAULT_OPTIONS
from sentry_sdk.scrubber import EventScrubber
from sentry_sdk.utils import get_default_release

# The client puts these in where nothing is given, from the machine or from other options.
_FOUND_OUT = frozenset(("instrumenter", "keep_alive", "project_root", "server_name", "spotlight"))


def arguments(client: Any) -> dict[str, Any]:
    """Give the arguments that differ from what the SDK would have taken by itself; none if there is no client."""
    if not client.is_active():
        return {}
    return {
        name: value
        for name, value in client.options.items()
        if name in DEFAULT_OPTIONS and name not in _FOUND_OUT and not _is_usual(name, value)
    }


def _is_usual(name: str, value: Any) -> bool:
    if value is None or value is DEFAULT_OPTIONS[name] or value == DEFAULT_OPTIONS[name]:
        return True
    if name == "debug":
        return not value
    if name == "data_collection":
        return not value.get("provided_by_user")
    if name == "event_scrubber":
        return type(value) is EventScrubber
    if name == "environment":
        return bool(value == (os.environ.get("SENTRY_ENVIRONMENT") or "production"))
    if name == "release":
        return bool(value == get_default_release())
    return name == "dsn" and value == os.environ.get("SENTRY_DSN")
