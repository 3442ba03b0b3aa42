"""Options of logs and metrics."""

from sentry_asgi_autoconf.settings import kinds
from sentry_asgi_autoconf.settings.option import Group, Option

SIGNALS = Group(
    "Logs and metrics",
    (
        Option(
            "enable_logs",
            kinds.BOOLEAN,
            "Send log records to Sentry's logs.",
            "true",
        ),
        Option(
            "before_send_log",
            kinds.REFERENCE,
            "A function of log and hint that gives the log to send, or None to drop it.",
            "myapp.sentry:before_send_log",
        ),
        Option(
            "enable_metrics",
            kinds.BOOLEAN,
            "Send metrics that your code records; newer SDKs send them whatever it says.",
            "false",
        ),
        Option(
            "before_send_metric",
            kinds.REFERENCE,
            "A function of metric and hint that gives the metric to send, or None to drop it.",
            "myapp.sentry:before_send_metric",
        ),
    ),
)
