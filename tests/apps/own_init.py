"""An app that initialises Sentry itself, in the way that INIT names and with the arguments in OPTIONS."""

import json
import os
import threading

import sentry_sdk
from sentry_sdk import init

import raw3

options = json.loads(os.environ.get("OPTIONS", "{}"))
other_dsn = os.environ.get("OTHER_DSN", "")


def before_send(event, hint):
    tags = event.setdefault("tags", {})
    tags["seen by"] = f"{tags.get('seen by', '')} app"
    return event


def in_thread():
    thread = threading.Thread(target=lambda: sentry_sdk.init(dsn=other_dsn, **options))
    thread.start()
    thread.join()


def by_hand():
    sentry_sdk.get_global_scope().set_client(sentry_sdk.Client(dsn=other_dsn, **options))


def twice():
    sentry_sdk.init(environment="of-the-app", **options)
    sentry_sdk.init(dsn=other_dsn, release="of-a-dependency")


WAYS = {
    "with all that is forbidden": lambda: sentry_sdk.init(
        dsn=other_dsn, send_default_pii=True, traces_sample_rate=1.0, before_send=before_send
    ),
    "by keywords": lambda: sentry_sdk.init(dsn=other_dsn, **options),
    "by position": lambda: sentry_sdk.init(other_dsn, **options),
    "as a mapping": lambda: sentry_sdk.init({"dsn": other_dsn, **options}),
    "by name": lambda: init(other_dsn, **options),
    "in a thread": in_thread,
    "by hand": by_hand,
    "twice": twice,
    "with its options": lambda: sentry_sdk.init(**options),
    "not at all": lambda: None,
}


def initialise():
    """Do it, and tell what comes back."""
    try:
        given = WAYS[os.environ.get("INIT", "with its options")]()
    except Exception as error:
        return f"raised {type(error).__name__}: {error}"
    return f"gave {type(given).__name__}"


outcome = initialise() if os.environ.get("WHEN") != "in a request" else ""
print("the app's init", outcome, flush=True)


async def app(scope, receive, send):
    if scope["type"] == "http" and scope["path"] == "/init":
        await raw3.respond(send, 200, initialise().encode())
    elif scope["type"] == "http" and scope["path"] == "/message":
        sentry_sdk.capture_message("noted")
        await raw3.respond(send, 200, b"ok")
    else:
        await raw3.app(scope, receive, send)
