"""Catch up with an app that was made before the SDK was initialised, where its integration acts while it is made."""

from __future__ import annotations

import sys
from typing import Any, Container


def catch_up(framework: str | None, app: Any, integrations: Container[str]) -> None:
    """Have a Litestar app report its errors, which it answers itself, so that no middleware around it sees them."""
    module = sys.modules.get("sentry_sdk.integrations.litestar")
    if framework != "litestar" or "litestar" not in integrations or module is None:
        return
    handler = module.exception_handler

    async def after_exception(error: Exception, scope: Any) -> None:
        handler(error, scope)

    app.after_exception.append(after_exception)
