"""A script without a server whose clients name every kind of destination, and tell what the inbox has of them."""

import json
import os
import urllib.request

import sentry_sdk
from sentry_sdk.transport import HttpTransport

elsewhere = os.environ["OTHER_DSN"]
spotlight = elsewhere.replace("http://inbox@", "http://") + "/stream"


class OwnTransport(HttpTransport):
    def __init__(self, options):
        super().__init__({**options, "dsn": elsewhere})


def variables():
    os.environ.update({"SENTRY_DSN": elsewhere, "SENTRY_SPOTLIGHT": spotlight})
    try:
        return sentry_sdk.Client()
    finally:
        os.environ.update(was)


was = {name: os.environ.get(name, "") for name in ("SENTRY_DSN", "SENTRY_SPOTLIGHT")}
WAYS = {
    "dsn": lambda: sentry_sdk.Client(dsn=elsewhere),
    "position": lambda: sentry_sdk.Client(elsewhere),
    "mapping": lambda: sentry_sdk.Client({"dsn": elsewhere}),
    "spotlight": lambda: sentry_sdk.Client(dsn="", spotlight=spotlight),
    "both": lambda: sentry_sdk.Client(dsn=elsewhere, spotlight=spotlight),
    "transport": lambda: sentry_sdk.Client(transport=OwnTransport),
    "proxy": lambda: sentry_sdk.Client(http_proxy=spotlight),
    "http2": lambda: sentry_sdk.Client(elsewhere, _experiments={"transport_http2": True}),
    "variables": variables,
    "off": lambda: sentry_sdk.Client(dsn=""),
    "init": lambda: sentry_sdk.init(dsn=elsewhere) and sentry_sdk.get_client(),
}
for way, make in WAYS.items():
    client = make()
    client.capture_event({"message": way}, scope=sentry_sdk.Scope())
    client.close(timeout=30)

url = (
    was["SENTRY_DSN"].replace("inbox@", "").rpartition("/")[0]
    + "/api/inbox/items?type=event&wait=30&count=10"
)
found = urllib.request.build_opener(urllib.request.ProxyHandler({})).open(url).read()
print(json.dumps([item["payload"]["message"] for item in json.loads(found)["items"]]))
