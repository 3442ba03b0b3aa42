"""Tell which options can be limited: those that hold a number, and those that hold one text."""

from __future__ import annotations

from typing import Any, Iterator

from typing_extensions import get_args

from sentry_asgi_autoconf.references import ImportReference
from sentry_asgi_autoconf.settings import types
from sentry_asgi_autoconf.settings.options import SdkOptions

# The option whose ceiling may hold for what callers have decided.
LIMITS_CALLERS = "traces_sample_rate"


def limits_numbers(field_name: str) -> bool:
    """Whether the option is a number."""
    return any(kind in (int, float) for kind in _kinds(field_name))


def limits_texts(field_name: str) -> bool:
    """Whether the option is one text: free, one of several, or a URL among others."""
    return (
        field_name == "spotlight"
        or any(kind is str for kind in _kinds(field_name))
        or bool(choices(field_name))
    )


def limits_hosts(field_name: str) -> bool:
    """Whether the option is a URL, of which the host is limited."""
    urls = (types.Dsn, types.ProxyUrl, types.BooleanOrUrl)
    return any(kind == url for kind in _annotations(field_name) for url in urls)


def choices(field_name: str) -> tuple[str, ...]:
    """Give the texts of which the option is one; none if it is not a choice."""
    return tuple(
        choice for kind in _kinds(field_name) for choice in get_args(kind) if isinstance(choice, str)
    )


def _kinds(field_name: str) -> Iterator[Any]:
    for part in _annotations(field_name):
        # Annotated[str, …] and Literal["never", …] are told by their first arguments.
        kind = (get_args(part) or (part,))[0]
        if kind is not ImportReference:
            yield kind


def _annotations(field_name: str) -> tuple[Any, ...]:
    return get_args(SdkOptions.model_fields[field_name].annotation)
