"""An app that initialises Sentry in the way that INIT names: with all that a policy may forbid, to somewhere else.

As a script it does so first, and then runs the server.
"""

import functools
import logging
import logging.config
import os
import sys
import threading

import sentry_sdk
from sentry_sdk.integrations.asgi import SentryAsgiMiddleware
from sentry_sdk.integrations.logging import EventHandler, LoggingIntegration
from sentry_sdk.scrubber import EventScrubber
from sentry_sdk.transport import HttpTransport

import raw3

ELSEWHERE = os.environ.get("OTHER_DSN", "")
WAY = os.environ.get("INIT", "")
WANTED = {
    "dsn": ELSEWHERE,
    "environment": "of-the-app",
    "release": "of-the-app",
    "send_default_pii": True,
    "traces_sample_rate": 1.0,
}
own_init = sentry_sdk.init


def before_send(event, hint):
    event["environment"] = "of-the-app"
    return event


class Client(sentry_sdk.Client):
    """A kind of client of the app's."""


class Transport(HttpTransport):
    """A kind of transport of the app's."""


def bind(scope):
    scope.set_client(sentry_sdk.Client(**WANTED))


def bind_to_hub():
    sentry_sdk.Hub.current.bind_client(sentry_sdk.Client(**WANTED))


def in_thread():
    thread = threading.Thread(target=sentry_sdk.init, kwargs=WANTED)
    thread.start()
    thread.join()


def twice():
    sentry_sdk.init(**WANTED)
    sentry_sdk.init(**WANTED)


def with_push_scope():
    sentry_sdk.init(**WANTED)
    with sentry_sdk.push_scope() as scope:
        scope.set_tag("pushed", "yes")


def from_environment():
    os.environ["SENTRY_DSN"] = ELSEWHERE
    os.environ["SENTRY_ENVIRONMENT"] = "of-the-app"
    sentry_sdk.init(send_default_pii=True, traces_sample_rate=1.0)


def through_logging():
    sentry_sdk.init(**WANTED, integrations=[LoggingIntegration(event_level=None)])
    handler = {"class": "sentry_sdk.integrations.logging.EventHandler", "level": "ERROR"}
    logging.config.dictConfig(
        {
            "version": 1,
            "disable_existing_loggers": False,
            "handlers": {"sentry": handler},
            "root": {"handlers": ["sentry"]},
        }
    )
    assert isinstance(logging.getLogger().handlers[0], EventHandler)


def wanting(**more):
    return lambda: sentry_sdk.init(**{**WANTED, **more})


WAYS = {
    "with keywords": wanting(),
    "with a mapping": lambda: sentry_sdk.init(WANTED),
    "with a positional dsn": lambda: sentry_sdk.init(ELSEWHERE, **{**WANTED, "dsn": None}),
    "by an alias": lambda: own_init(**WANTED),
    "by a partial": functools.partial(sentry_sdk.init, **WANTED),
    "in a thread": in_thread,
    "twice": twice,
    "from the environment": from_environment,
    "with push_scope": with_push_scope,
    "through logging": through_logging,
    "on the hub": bind_to_hub,
    "on the global scope": lambda: bind(sentry_sdk.get_global_scope()),
    "on the isolation scope": lambda: bind(sentry_sdk.get_isolation_scope()),
    "on the current scope": lambda: bind(sentry_sdk.get_current_scope()),
    "with a class of clients": lambda: sentry_sdk.get_global_scope().set_client(Client(**WANTED)),
    "with a hook": wanting(before_send=before_send),
    "with a sampler": wanting(traces_sampler=lambda context: 1.0),
    "with a transport": wanting(transport=Transport),
    "with a scrubber": wanting(event_scrubber=EventScrubber(denylist=[])),
    "with data_collection": wanting(data_collection={"user_info": True, "cookies": {"mode": "denylist"}}),
    "with _experiments": wanting(_experiments={"data_collection": {"user_info": True}}),
    "with enable_tracing": wanting(enable_tracing=True),
    "with profiles": wanting(profiles_sample_rate=1.0, profile_session_sample_rate=1.0),
    "with spotlight": wanting(spotlight=os.environ.get("OTHER_SPOTLIGHT", "")),
    "with spotlight alone": wanting(dsn=None, spotlight=os.environ.get("OTHER_SPOTLIGHT", "")),
    "with integrations": wanting(integrations=[LoggingIntegration()]),
    "without integrations": wanting(default_integrations=False),
    "with nothing auto-enabled": wanting(auto_enabling_integrations=False),
    "with None": wanting(before_send=None, release=None),
}
# When it is done → whether this is the moment.
_WHEN = os.environ.get("WHEN", "at import")


def initialise(moment):
    if moment == _WHEN and WAY:
        WAYS[WAY]()


initialise("at import")


async def serve(scope, receive, send):
    if scope["type"] == "lifespan":
        initialise("in the lifespan")
    elif scope["path"] == "/first":
        initialise("in a request")
    elif scope["path"] == "/boom":
        sentry_sdk.set_user({"id": "7", "ip_address": "203.0.113.9"})
    await raw3.app(scope, receive, send)


app = SentryAsgiMiddleware(serve) if WAY == "with keywords" and _WHEN == "in a factory" else serve


def create_app():
    initialise("in a factory")
    return app


if __name__ == "__main__":
    import uvicorn

    initialise("before the server")
    uvicorn.run(app if sys.argv[1] == "object" else "every_init:app", port=0)
