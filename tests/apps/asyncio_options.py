"""An integration with arguments, for a setting to name."""

from sentry_sdk.integrations.asyncio import AsyncioIntegration

without_spans = AsyncioIntegration(task_spans=False)
