"""Variables that begin like ours and are not: of sentry-cli, and those that the SDK reads by itself."""

from __future__ import annotations

PREFIX = "SENTRY_"

# https://docs.sentry.io/cli/configuration/ and what its wrappers and bundler plug-ins read.
_OF_SENTRY_CLI = frozenset(
    (
        "SENTRY_ALLOW_FAILURE",
        "SENTRY_API_KEY",
        "SENTRY_AUTH_TOKEN",
        "SENTRY_CUSTOM_HEADER",
        "SENTRY_DISABLE_UPDATE_CHECK",
        "SENTRY_DOTENV_PATH",
        "SENTRY_DUMP_RESPONSES",
        "SENTRY_HEADER",
        "SENTRY_HTTP_MAX_RETRIES",
        "SENTRY_LOAD_DOTENV",
        "SENTRY_LOG_LEVEL",
        "SENTRY_NO_PROGRESS_BAR",
        "SENTRY_ORG",
        "SENTRY_PIPELINE",
        "SENTRY_PROJECT",
        "SENTRY_PROPERTIES",
        "SENTRY_URL",
        "SENTRY_VCS_BASE_REPO",
        "SENTRY_VCS_HEAD_REPO",
        "SENTRY_VCS_REMOTE",
    )
)
# Read by the SDK itself.
_OF_THE_SDK = frozenset(
    (
        "SENTRY_BAGGAGE",
        "SENTRY_PRINT_ENVELOPES",
        "SENTRY_SPOTLIGHT_MIDDLEWARE",
        "SENTRY_SPOTLIGHT_ON_ERROR",
        "SENTRY_TRACE",
        "SENTRY_USE_ENVIRONMENT",
        "SENTRY_INITIAL_SCOPE",
        "SENTRY_LAMBDA_WRAPPED_HANDLER",
    )
)
FOREIGN = _OF_SENTRY_CLI | _OF_THE_SDK
