"""Give values without pydantic's models."""

from typing import Any

from pydantic import BaseModel


def plain(value: Any) -> Any:
    """Give a value as `sentry_sdk.init` takes it."""
    return value.model_dump(exclude_none=True) if isinstance(value, BaseModel) else value
