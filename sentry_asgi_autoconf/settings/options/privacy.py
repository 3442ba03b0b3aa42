"""Options that say what may leave the process."""

from typing import Optional

from pydantic import Field

from sentry_asgi_autoconf.settings import types
from sentry_asgi_autoconf.settings.base import Settings
from sentry_asgi_autoconf.settings.data_collection import DataCollection


class PrivacyOptions(Settings):
    """Privacy."""

    send_default_pii: Optional[types.Boolean] = Field(
        None,
        description="Send personal data: cookies, authorization, client addresses, user names.",
        examples=["true"],
    )
    data_collection: Optional[DataCollection] = Field(
        None,
        description="Say by category what is collected; stands in place of the personal-data switch.",
        examples=['{"user_info": false, "http_bodies": []}'],
    )
    max_request_body_size: Optional[types.BodySize] = Field(
        None,
        description="Up to which size the body of a request is sent.",
        examples=["never"],
    )
    event_scrubber: Optional[types.Reference] = Field(
        None,
        description="An object with a method scrub_event that takes secrets out of events, or its class.",
        examples=["myapp.sentry:EventScrubber"],
    )
