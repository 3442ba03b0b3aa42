"""All that touches `sentry_sdk`. Raises ImportError where that is older than 2.0."""

import sentry_sdk

if not hasattr(sentry_sdk, "get_client"):
    raise ImportError(
        f"sentry-sdk {getattr(sentry_sdk, 'VERSION', 'of an unknown version')} is older than 2.0"
    )
