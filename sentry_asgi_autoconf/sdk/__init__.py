"""The calls of the SDK: the arguments of each `sentry_sdk.init`, ours and the app's, and the guard between.

Raises ImportError where `sentry_sdk` is older than 2.0.1: with 2.0.0 a Starlette app answers each request with 500.
"""

import sentry_sdk

_version = getattr(sentry_sdk, "VERSION", "of an unknown version")
if not hasattr(sentry_sdk, "get_client") or _version.startswith("2.0.0"):
    raise ImportError(f"sentry-sdk {_version} is older than 2.0.1")
