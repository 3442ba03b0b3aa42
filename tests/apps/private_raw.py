"""The plain one of the apps in `private`."""

from private import raw as app  # noqa: F401 (served)
