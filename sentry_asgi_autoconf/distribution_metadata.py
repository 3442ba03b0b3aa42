"""Choose what reads the metadata of installed distributions: the standard library wherever it serves as well."""

from __future__ import annotations

import sys
from contextlib import suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING or sys.version_info >= (3, 10):
    # On a newer Python the backport would change the host process's finders.
    from importlib import metadata
elif sys.version_info >= (3, 8):
    from importlib import metadata

    def _has_recent_backport() -> bool:
        """Whether there is one that selects entry points; one that is older is not even imported."""
        try:
            return int(metadata.version("importlib-metadata").partition(".")[0]) >= 4
        except (metadata.PackageNotFoundError, AttributeError, ValueError):  # not installed, or not wholly
            return False

    if _has_recent_backport():
        with suppress(AttributeError, ImportError, SyntaxError, TypeError):  # or it is broken itself
            import importlib_metadata as metadata
else:
    import importlib_metadata as metadata

__all__ = ["metadata"]
