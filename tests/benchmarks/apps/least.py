"""Print what the least takes by which the promise can be kept, in µs of CPU, step by step, through public means alone.

Each request: a scope of its own, the trace that its headers continue, and one event processor that knows the request.
Each transaction that is sent: what the SDK sends for one of the app's, built, encoded and posted.

Arguments: the app's import string, which is set up by hand, and the path to request.
"""

import asyncio
import gzip
import json
import os
import sys
import time

import sentry_sdk
import urllib3
from headers import HEADERS
from in_process import run, served
from sentry_sdk.serializer import serialize
from sentry_sdk.transport import Transport

TIMES = 300
RUNS = 5


transactions = []


class Keeping(Transport):
    """Keeps transactions instead of sending them."""

    def capture_envelope(self, envelope):
        transactions.extend(item.payload.json for item in envelope.items if item.type == "transaction")


def transaction(import_string, path):
    """Return what is sent for one request."""
    app = served(import_string)
    sentry_sdk.init(dsn=os.environ["SENTRY_DSN"], traces_sample_rate=1.0, transport=Keeping)
    asyncio.run(run(app, path, 1, 0))
    return json.loads(json.dumps(transactions[-1], default=str))


def processor(event, hint):
    return event


def request():
    with sentry_sdk.isolation_scope() as scope:
        scope.generate_propagation_context({name.decode(): value.decode() for name, value in HEADERS})
        scope.add_event_processor(processor)


def microseconds(step):
    """Return the CPU time of the best of some runs."""
    best = float("inf")
    for _ in range(RUNS):
        start = time.process_time()
        for _ in range(TIMES):
            step()
        best = min(best, time.process_time() - start)
    return best / TIMES * 1e6


def main(import_string, path):
    sent = transaction(import_string, path)
    sentry_sdk.init(dsn=os.environ["SENTRY_DSN"])
    built = compile(repr(sent), "transaction", "eval")  # its dictionaries, from nothing but constants
    encoded = json.dumps(sent).encode()
    packed = gzip.compress(encoded)
    pool = urllib3.PoolManager()
    url = os.environ["BENCHMARK_UPSTREAM"]
    steps = {
        "request": request,
        "event": lambda: eval(built),
        "serializer": lambda: serialize(sent),
        "json": lambda: json.dumps(sent).encode(),
        "gzip": lambda: gzip.compress(encoded),
        "post": lambda: pool.request("POST", url, body=packed),
    }
    print(json.dumps({name: microseconds(step) for name, step in steps.items()}))


main(*sys.argv[1:])
