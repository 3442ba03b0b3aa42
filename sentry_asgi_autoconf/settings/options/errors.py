"""Options that say which errors are sent, and what comes with them."""

from typing import Optional

from pydantic import Field

from sentry_asgi_autoconf.settings import types
from sentry_asgi_autoconf.settings.base import Settings


class ErrorOptions(Settings):
    """Errors and breadcrumbs."""

    sample_rate: Optional[types.Rate] = Field(
        None,
        description="The share of errors that is sent.",
        examples=["0.5"],
    )
    error_sampler: Optional[types.Reference] = Field(
        None,
        description="A function of event and hint that gives the rate for one error, instead of the share.",
        examples=["myapp.sentry:error_rate"],
    )
    ignore_errors: Optional[types.Errors] = Field(
        None,
        description="Errors that are not sent; a class given by import string stands for its subclasses too.",
        examples=["PermissionDenied,asyncio:TimeoutError"],
    )
    before_send: Optional[types.Reference] = Field(
        None,
        description="A function of event and hint that gives the error event to send, or None to drop it.",
        examples=["myapp.sentry:before_send"],
    )
    before_breadcrumb: Optional[types.Reference] = Field(
        None,
        description="A function of breadcrumb and hint that gives the breadcrumb to keep, or None.",
        examples=["myapp.sentry:before_breadcrumb"],
    )
    max_breadcrumbs: Optional[types.Count] = Field(
        None,
        description="How many breadcrumbs an event carries at most.",
        examples=["50"],
    )
    attach_stacktrace: Optional[types.Boolean] = Field(
        None,
        description="Attach a stack trace to messages too, not only to errors.",
        examples=["true"],
    )
    max_value_length: Optional[types.Count] = Field(
        None,
        description="Cut longer texts in an event to this many characters.",
        examples=["1024"],
    )
    custom_repr: Optional[types.Reference] = Field(
        None,
        description="A function that gives the text for an object in an event, or None for the usual one.",
        examples=["myapp.sentry:custom_repr"],
    )
