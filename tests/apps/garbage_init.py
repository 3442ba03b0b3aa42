"""An app that gives `sentry_sdk.init` all kinds of garbage, and prints what comes of each."""

import raw3
import sentry_sdk
from sentry_sdk.integrations import Integration

app = raw3.app


class NotHashable(sentry_sdk.Client):
    def __eq__(self, other):
        return self is other


class Failing(Integration):
    identifier = "failing"

    @staticmethod
    def setup_once():
        raise RuntimeError("no such queue")


CALLS = {
    "unknown option": lambda: sentry_sdk.init(no_such_option=1),
    "unknown option and a mapping": lambda: sentry_sdk.init({"no_such_option": 1}, dist="1"),
    "two positions": lambda: sentry_sdk.init("http://key@127.0.0.1:9/1", "http://key@127.0.0.1:9/2"),
    "number": lambda: sentry_sdk.init(7),
    "keys that are no names": lambda: sentry_sdk.init({1: 2}),
    "pairs": lambda: sentry_sdk.init([("dist", "1")]),
    "no pairs": lambda: sentry_sdk.init([1]),
    "bytes": lambda: sentry_sdk.init(b"http://key@127.0.0.1:9/1"),
    "nonsense for a DSN": lambda: sentry_sdk.init("nonsense"),
    "DSN of a wrong type": lambda: sentry_sdk.init(dsn=7),
    "body size": lambda: sentry_sdk.init(max_request_body_size="huge"),
    "experiments": lambda: sentry_sdk.init(_experiments=7),
    "rate": lambda: sentry_sdk.init(traces_sample_rate="many"),
    "sampler": lambda: sentry_sdk.init(traces_sampler=7),
    "hook": lambda: sentry_sdk.init(before_send=7),
    "integrations": lambda: sentry_sdk.init(integrations=7),
    "integration": lambda: sentry_sdk.init(integrations=[7]),
    "unhashable integration": lambda: sentry_sdk.init(integrations=[[]]),
    "disabled integrations": lambda: sentry_sdk.init(disabled_integrations=7),
    "disabled integration": lambda: sentry_sdk.init(disabled_integrations=[[]]),
    "transport": lambda: sentry_sdk.init(transport=7),
    "data collection": lambda: sentry_sdk.init(data_collection=7),
    "scrubber": lambda: sentry_sdk.init(event_scrubber=7),
    "errors": lambda: sentry_sdk.init(ignore_errors=7),
    "release": lambda: sentry_sdk.init(release=object()),
    "number that is too long to print": lambda: sentry_sdk.init(max_breadcrumbs=10**5000),
    "functions": lambda: sentry_sdk.init(functions_to_trace=[7]),
    "nothing": lambda: sentry_sdk.init(),
    "a client": lambda: sentry_sdk.Client("nonsense"),
    "a client that has no hash": lambda: NotHashable("http://key@127.0.0.1:9/1"),
    "an integration that fails": lambda: sentry_sdk.init(integrations=[Failing()]),
}

for name, call in CALLS.items():
    try:
        outcome = f"gave {type(call()).__name__}"
    except Exception as error:
        outcome = f"raised {type(error).__name__}: {error}"
    print(f"{name}: {outcome}", flush=True)
