"""Make of the options what takes code to make."""

import os

from sentry_sdk.scrubber import DEFAULT_DENYLIST, EventScrubber


def configure(options):
    """Scrub what Acme's systems call their secrets, and take the release from where Acme's images have it."""
    options["event_scrubber"] = EventScrubber(denylist=[*DEFAULT_DENYLIST, "badge", "vault_path"])
    if "release" not in options and "ACME_IMAGE" in os.environ:
        options["release"] = os.environ["ACME_IMAGE"]
