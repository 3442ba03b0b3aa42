"""The one with FastAPI of the apps in `private`."""

from private import fast as app  # noqa: F401 (served)
