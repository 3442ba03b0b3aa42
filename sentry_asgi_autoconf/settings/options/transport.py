"""Options that say how events travel."""

from sentry_asgi_autoconf.settings import kinds
from sentry_asgi_autoconf.settings.option import Group, Option

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
