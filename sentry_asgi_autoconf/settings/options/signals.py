"""Options of logs and metrics."""

from typing import Optional

from pydantic import Field

from sentry_asgi_autoconf.settings import types
from sentry_asgi_autoconf.settings.base import Settings


class SignalOptions(Settings):
    """Logs and metrics."""

    enable_logs: Optional[types.Boolean] = Field(
        None,
        description="Send log records to Sentry's logs.",
        examples=["true"],
    )
    before_send_log: Optional[types.Reference] = Field(
        None,
        description="A function of log and hint that gives the log to send, or None to drop it.",
        examples=["myapp.sentry:before_send_log"],
    )
    enable_metrics: Optional[types.Boolean] = Field(
        None,
        description="Send metrics that your code records; newer SDKs send them whatever it says.",
        examples=["false"],
    )
    before_send_metric: Optional[types.Reference] = Field(
        None,
        description="A function of metric and hint that gives the metric to send, or None to drop it.",
        examples=["myapp.sentry:before_send_metric"],
    )
