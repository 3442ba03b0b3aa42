"""Options that say where events go and what they are labelled with."""

from typing import Optional

from pydantic import Field

from sentry_asgi_autoconf.settings import types
from sentry_asgi_autoconf.settings.base import Settings


class DestinationOptions(Settings):
    """Destination and labels."""

    dsn: Optional[types.Dsn] = Field(
        None,
        description="The address of your Sentry project: without it nothing is sent.",
        examples=["https://examplePublicKey@o0.ingest.sentry.io/0"],
        json_schema_extra={"secret": True},
    )
    spotlight: Optional[types.BooleanOrUrl] = Field(
        None,
        description="Send everything to a local Spotlight too: true for its usual address, or its URL.",
        examples=["http://localhost:8969/stream"],
    )
    environment: Optional[types.Text] = Field(
        None,
        description="The deployment that events come from; production if nothing is said.",
        examples=["staging"],
    )
    release: Optional[types.Text] = Field(
        None,
        description="The version of your code; found out from git or the host if nothing is said.",
        examples=["shop@1.4.2"],
    )
    dist: Optional[types.Text] = Field(
        None,
        description="The build of the release, where one release has several.",
        examples=["build-81"],
    )
    server_name: Optional[types.Text] = Field(
        None,
        description="The name of this machine in events; its host name if nothing is said.",
        examples=["web-1"],
    )
    debug: Optional[types.Boolean] = Field(
        None,
        description="Let the SDK print what it does, for finding out why something does not arrive.",
        examples=["true"],
    )
