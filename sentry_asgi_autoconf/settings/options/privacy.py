"""Options that say what may leave the process."""

from sentry_asgi_autoconf.settings import kinds
from sentry_asgi_autoconf.settings.option import Group, Option

PRIVACY = Group(
    "Privacy",
    (
        Option(
            "send_default_pii",
            kinds.BOOLEAN,
            "Send personal data: cookies, authorization, client addresses, user names.",
            "true",
        ),
        Option(
            "data_collection",
            kinds.DATA_COLLECTION,
            "Say by category what is collected; stands in place of the personal-data switch.",
            '{"user_info": false, "http_bodies": []}',
        ),
        Option(
            "max_request_body_size",
            kinds.BODY_SIZE,
            "Up to which size the body of a request is sent.",
            "never",
        ),
        Option(
            "event_scrubber",
            kinds.REFERENCE,
            "An object with a method scrub_event that takes secrets out of events, or its class.",
            "myapp.sentry:EventScrubber",
        ),
    ),
)
