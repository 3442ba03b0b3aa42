"""An app that says in all that it does which request it is about; and notes, for the account, what the SDK loses."""

import asyncio
import json
import logging
import os
from pathlib import Path

import sentry_sdk
from raw3 import lifespan

logger = logging.getLogger("numbered")
logger.setLevel(logging.INFO)
logger.addHandler(logging.NullHandler())
logger.propagate = False


def note_losses(file):
    """Write each loss that the transport records as a line."""
    transport = sentry_sdk.get_client().transport
    record = transport.record_lost_event

    def noting(reason, data_category=None, item=None, **further):  # old SDKs know no quantity
        category = item.data_category if item is not None else data_category
        with Path(file).open("a") as lines:
            lines.write(json.dumps([category, reason, further.get("quantity", 1)]) + "\n")
        record(reason, data_category, item, **further)

    transport.record_lost_event = noting


if "LOSSES" in os.environ and sentry_sdk.get_client().is_active():
    note_losses(os.environ["LOSSES"])


async def respond(send, status, body):
    headers = [
        (b"content-type", b"text/plain"),
        (b"content-length", b"%d" % len(body)),
        (b"x-process", b"%d" % os.getpid()),
    ]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


async def app(scope, receive, send):
    if scope["type"] == "lifespan":
        await lifespan(receive, send)
        return
    kind, number = scope["path"].strip("/").split("/")
    logger.info("number %s", number)
    await asyncio.sleep(0)  # others go on in between
    if kind == "boom":
        raise ValueError(f"number {number}")
    await respond(send, 200, number.encode())
