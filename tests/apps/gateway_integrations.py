"""Integrations with arguments of the operator's."""

from sentry_sdk.integrations.fastapi import FastApiIntegration
from sentry_sdk.integrations.starlette import StarletteIntegration

starlette = StarletteIntegration(transaction_style="endpoint", http_methods_to_capture=("GET", "OPTIONS"))
fastapi = FastApiIntegration(transaction_style="endpoint")
