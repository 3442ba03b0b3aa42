"""What this process tells the operator of itself: a status file or line, and servers without an adapter."""

import os

DIRECTORY = "SENTRY_ASGI_STATUS_DIR"
LINE = "SENTRY_ASGI_STATUS_LINE"


def is_asked_for() -> bool:
    """Whether anybody wants to be told."""
    return any(os.environ.get(name, "").strip() for name in (DIRECTORY, LINE))
