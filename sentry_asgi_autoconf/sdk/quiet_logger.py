"""Let the SDK's logger make no records that its own filter drops: there are two for each request otherwise."""

from __future__ import annotations

import logging
from typing import Any

from sentry_sdk.utils import logger


def set_level(client: Any) -> None:
    """Set the level for what `client` prints: everything with the option debug, else nothing below a warning."""
    logger.setLevel(logging.DEBUG if client.options["debug"] else logging.WARNING)
