"""Options that say how events travel."""

from typing import Optional

from pydantic import Field

from sentry_asgi_autoconf.settings import types
from sentry_asgi_autoconf.settings.base import Settings


class TransportOptions(Settings):
    """Transport."""

    http_proxy: Optional[types.ProxyUrl] = Field(
        None,
        description="The proxy between this process and Sentry.",
        examples=["http://proxy.internal:3128"],
        json_schema_extra={"secret": True},
    )
    https_proxy: Optional[types.ProxyUrl] = Field(
        None,
        description="The proxy for a DSN that begins with https, if it is another.",
        examples=["http://proxy.internal:3129"],
        json_schema_extra={"secret": True},
    )
    proxy_headers: Optional[types.TextMapping] = Field(
        None,
        description="Headers for the proxy, mostly to log in there.",
        examples=['{"Proxy-Authorization": "Basic dXNlcjpwYXNz"}'],
        json_schema_extra={"secret": True},
    )
    ca_certs: Optional[types.FilePath] = Field(
        None,
        description="A PEM file of the authorities to trust, in place of the usual ones.",
        examples=["/etc/ssl/certs/internal-ca.pem"],
    )
    cert_file: Optional[types.FilePath] = Field(
        None,
        description="A PEM file with the certificate that this process shows.",
        examples=["/etc/ssl/client.pem"],
    )
    key_file: Optional[types.FilePath] = Field(
        None,
        description="The PEM file with the key of that certificate.",
        examples=["/etc/ssl/client-key.pem"],
    )
    keep_alive: Optional[types.Boolean] = Field(
        None,
        description="Keep the connection to Sentry alive with TCP keep-alive probes.",
        examples=["true"],
    )
    socket_options: Optional[types.SocketOptions] = Field(
        None,
        description="Socket options of the connection to Sentry, by number or by name in Python's socket.",
        examples=['[["SOL_SOCKET", "SO_KEEPALIVE", 1]]'],
    )
    shutdown_timeout: Optional[types.Seconds] = Field(
        None,
        description="How many seconds the end of the process waits for events that are still to be sent.",
        examples=["5"],
    )
    transport_queue_size: Optional[types.Count] = Field(
        None,
        description="How many events wait to be sent before further ones are dropped.",
        examples=["500"],
    )
    transport: Optional[types.Reference] = Field(
        None,
        description="Another way to send events: a class or instance of the SDK's Transport, or a function.",
        examples=["myapp.sentry:FileTransport"],
    )
    send_client_reports: Optional[types.Boolean] = Field(
        None,
        description="Tell Sentry how many events were dropped, and why.",
        examples=["false"],
    )
    auto_session_tracking: Optional[types.Boolean] = Field(
        None,
        description="Count requests with and without errors, for the release's health.",
        examples=["false"],
    )
