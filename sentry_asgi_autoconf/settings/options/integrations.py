"""Options that say which libraries the SDK instruments."""

from typing import Optional

from pydantic import Field

from sentry_asgi_autoconf.settings import types
from sentry_asgi_autoconf.settings.base import Settings


class IntegrationOptions(Settings):
    """Integrations and experiments."""

    integrations: Optional[types.Integrations] = Field(
        None,
        description="Integrations to use on top of those that the SDK finds by itself; asyncio reports errors of tasks"
        " in each event loop that serves.",
        examples=["asyncio,myapp.sentry:QueueIntegration"],
    )
    disabled_integrations: Optional[types.Integrations] = Field(
        None,
        description="Integrations that are not used although the SDK would use them.",
        examples=["logging,httpx"],
    )
    default_integrations: Optional[types.Boolean] = Field(
        None,
        description="Use the integrations that need no library, such as logging and threads.",
        examples=["false"],
    )
    auto_enabling_integrations: Optional[types.Boolean] = Field(
        None,
        description="Use the integration of every installed library that has one.",
        examples=["false"],
    )
    experiments: Optional[types.Mapping] = Field(
        None,
        description="Features that the SDK does not promise to keep.",
        examples=['{"transport_http2": true}'],
    )
