"""Options that say where events go and what they are labelled with."""

from sentry_asgi_autoconf.settings import kinds
from sentry_asgi_autoconf.settings.option import Group, Option

DESTINATION = Group(
    "Destination and labels",
    (
        Option(
            "dsn",
            kinds.DSN,
            "The address of your Sentry project: without it nothing is sent.",
            "https://examplePublicKey@o0.ingest.sentry.io/0",
            is_secret=True,
        ),
        Option(
            "spotlight",
            kinds.BOOLEAN_OR_URL,
            "Send everything to a local Spotlight too: true for its usual address, or its URL.",
            "http://localhost:8969/stream",
        ),
        Option(
            "environment",
            kinds.TEXT,
            "The deployment that events come from; production if nothing is said.",
            "staging",
        ),
        Option(
            "release",
            kinds.TEXT,
            "The version of your code; found out from git or the host if nothing is said.",
            "shop@1.4.2",
        ),
        Option(
            "dist",
            kinds.TEXT,
            "The build of the release, where one release has several.",
            "build-81",
        ),
        Option(
            "server_name",
            kinds.TEXT,
            "The name of this machine in events; its host name if nothing is said.",
            "web-1",
        ),
        Option(
            "debug",
            kinds.BOOLEAN,
            "Let the SDK print what it does, for finding out why something does not arrive.",
            "true",
        ),
    ),
)
