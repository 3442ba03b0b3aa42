"""Options that say where and how events go, and what may leave the process."""

from __future__ import annotations

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

TRANSPORT = Group(
    "Transport",
    (
        Option(
            "http_proxy",
            kinds.PROXY_URL,
            "The proxy between this process and Sentry.",
            "http://proxy.internal:3128",
            is_secret=True,
        ),
        Option(
            "https_proxy",
            kinds.PROXY_URL,
            "The proxy for a DSN that begins with https, if it is another.",
            "http://proxy.internal:3129",
            is_secret=True,
        ),
        Option(
            "proxy_headers",
            kinds.TEXT_MAPPING,
            "Headers for the proxy, mostly to log in there.",
            '{"Proxy-Authorization": "Basic dXNlcjpwYXNz"}',
            is_secret=True,
        ),
        Option(
            "ca_certs",
            kinds.FILE_PATH,
            "A PEM file of the authorities to trust, in place of the usual ones.",
            "/etc/ssl/certs/internal-ca.pem",
        ),
        Option(
            "cert_file",
            kinds.FILE_PATH,
            "A PEM file with the certificate that this process shows.",
            "/etc/ssl/client.pem",
        ),
        Option(
            "key_file",
            kinds.FILE_PATH,
            "The PEM file with the key of that certificate.",
            "/etc/ssl/client-key.pem",
        ),
        Option(
            "keep_alive",
            kinds.BOOLEAN,
            "Keep the connection to Sentry alive with TCP keep-alive probes.",
            "true",
        ),
        Option(
            "socket_options",
            kinds.SOCKET_OPTIONS,
            "Socket options of the connection to Sentry, by number or by name in Python's socket.",
            '[["SOL_SOCKET", "SO_KEEPALIVE", 1]]',
        ),
        Option(
            "shutdown_timeout",
            kinds.SECONDS,
            "How many seconds the end of the process waits for events that are still to be sent.",
            "5",
        ),
        Option(
            "transport_queue_size",
            kinds.COUNT,
            "How many events wait to be sent before further ones are dropped.",
            "500",
        ),
        Option(
            "transport",
            kinds.REFERENCE,
            "Another way to send events: a class or instance of the SDK's Transport, or a function.",
            "myapp.sentry:FileTransport",
        ),
        Option(
            "send_client_reports",
            kinds.BOOLEAN,
            "Tell Sentry how many events were dropped, and why.",
            "false",
        ),
        Option(
            "auto_session_tracking",
            kinds.BOOLEAN,
            "Count requests with and without errors, for the release's health.",
            "false",
        ),
    ),
)
