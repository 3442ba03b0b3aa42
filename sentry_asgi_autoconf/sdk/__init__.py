"""The calls of the SDK: the arguments of each `sentry_sdk.init`, ours and the app's, and the guard between.

Raises ImportError where `sentry_sdk` is older than 2.0.
"""

import sentry_sdk

if not hasattr(sentry_sdk, "get_client"):
    raise ImportError(
        f"sentry-sdk {getattr(sentry_sdk, 'VERSION', 'of an unknown version')} is older than 2.0"
    )
