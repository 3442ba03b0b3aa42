"""An app whose own init sends by another way out than the DSN: the one that WAY_OUT names, to ELSEWHERE."""

import os

import sentry_sdk
from sentry_sdk.client import _get_options
from sentry_sdk.transport import HttpTransport, Transport

import raw3

elsewhere = os.environ.get("ELSEWHERE", "")


class OwnDsn(HttpTransport):
    def __init__(self, options):
        super().__init__({**options, "dsn": elsewhere})


class Plain(Transport):
    """Sends where no rule can see."""

    def capture_envelope(self, envelope):
        print("the app's transport sends", flush=True)


class Collecting(sentry_sdk.integrations.Integration):
    identifier = "collecting"
    collector_url = elsewhere

    @staticmethod
    def setup_once():
        pass

    def setup_once_with_options(self, options=None):
        print("collected at", self.collector_url, flush=True)


WAYS = {
    "not at all": lambda: None,
    "dsn": lambda: sentry_sdk.init(dsn=elsewhere),
    "spotlight": lambda: sentry_sdk.init(spotlight=elsewhere),
    "spotlight alone": lambda: sentry_sdk.init(dsn="", spotlight=elsewhere),
    "spotlight of the environment": lambda: sentry_sdk.init(spotlight=True),
    "experiments": lambda: sentry_sdk.init(_experiments={"dsn": elsewhere, "spotlight": elsewhere}),
    "transport": lambda: sentry_sdk.init(transport=HttpTransport(_get_options(dsn=elsewhere))),
    "class of transports": lambda: sentry_sdk.init(transport=OwnDsn),
    "plain transport": lambda: sentry_sdk.init(transport=Plain),
    "function": lambda: sentry_sdk.init(
        transport=lambda envelope: print("the app's function sends", flush=True)
    ),
    "proxy": lambda: sentry_sdk.init(http_proxy=elsewhere),
    "collector": lambda: sentry_sdk.init(integrations=[Collecting()]),
}

WAYS[os.environ.get("WAY_OUT", "not at all")]()
app = raw3.app
