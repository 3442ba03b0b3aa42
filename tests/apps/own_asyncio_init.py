"""An app whose own init, when no loop runs yet, has the asyncio integration."""

import sentry_sdk
from sentry_sdk.integrations.asyncio import AsyncioIntegration

sentry_sdk.init(integrations=[AsyncioIntegration()])

from tasks_app import app  # noqa: E402,F401 (after init)
