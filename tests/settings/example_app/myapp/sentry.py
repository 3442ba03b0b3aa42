"""What a person writes for the options that take functions and classes."""

from typing import Any

import sentry_sdk.integrations
import sentry_sdk.scrubber
import sentry_sdk.transport


def before_send(event: Any, hint: Any) -> Any:
    """Send everything."""
    return event


before_breadcrumb = before_send_transaction = before_send_span = before_send_log = before_send_metric = (
    before_send
)


def traces_sampler(context: Any) -> float:
    """Trace half."""
    return 0.5


profiles_sampler = traces_sampler


def error_rate(event: Any, hint: Any) -> float:
    """Send half."""
    return 0.5


def custom_repr(value: Any) -> None:
    """Leave it to the SDK."""


class EventScrubber(sentry_sdk.scrubber.EventScrubber):
    """A scrubber of one's own."""


class FileTransport(sentry_sdk.transport.Transport):
    """A transport of one's own."""

    def capture_envelope(self, envelope: Any) -> None:
        """Keep nothing."""


class QueueIntegration(sentry_sdk.integrations.Integration):
    """An integration of one's own."""

    identifier = "queue"

    @staticmethod
    def setup_once() -> None:
        """Patch nothing."""


class NeedsArguments(EventScrubber):
    """One that cannot be made without arguments."""

    def __init__(self, needed: object) -> None:
        """Ask for something."""


number = 5
