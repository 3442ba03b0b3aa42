"""Options that say what a stack trace shows."""

from typing import Optional

from pydantic import Field

from sentry_asgi_autoconf.settings import types
from sentry_asgi_autoconf.settings.base import Settings


class StackTraceOptions(Settings):
    """Stack traces."""

    include_local_variables: Optional[types.Boolean] = Field(
        None,
        description="Send the local variables of every frame.",
        examples=["false"],
    )
    include_source_context: Optional[types.Boolean] = Field(
        None,
        description="Send the source lines around the place of the error.",
        examples=["false"],
    )
    add_full_stack: Optional[types.Boolean] = Field(
        None,
        description="Send every frame since the process began, not only those since the error was caught.",
        examples=["true"],
    )
    max_stack_frames: Optional[types.Count] = Field(
        None,
        description="How many frames a full stack has at most.",
        examples=["50"],
    )
    in_app_include: Optional[types.Names] = Field(
        None,
        description="Modules, by the beginning of their names, that are your code.",
        examples=["myapp,shared_library"],
    )
    in_app_exclude: Optional[types.Names] = Field(
        None,
        description="Modules, by the beginning of their names, that are not your code.",
        examples=["myapp.vendored"],
    )
    project_root: Optional[types.FilePath] = Field(
        None,
        description="The directory that holds your code; the working directory if nothing is said.",
        examples=["/srv/myapp"],
    )
