"""An app that captures errors of very deep stacks, and whose event processors leave events of uncommon shapes."""

import sys

import raw3
import sentry_sdk
from sentry_sdk.utils import AnnotatedValue

sys.setrecursionlimit(10_000)


def deep(cookie):
    return deep(cookie)


def nested(levels, innermost):
    return {"inner": nested(levels - 1, innermost)} if levels else innermost


def no_stack_traces(event, cookie):
    for exception in event["exception"]["values"]:
        exception["stacktrace"] = AnnotatedValue(None, {"rem": [["!config", "x"]]})


def no_exceptions(event, cookie):
    event["exception"] = {"values": []}
    event["message"] = f"instead of it, {cookie}"


def nothing_else(event, cookie):
    event.update(dict.fromkeys(("breadcrumbs", "extra", "logentry", "message", "request")))


def lists(event, cookie):
    event["tags"] = [["cookie was", cookie]]
    event["request"]["headers"] = list(event["request"]["headers"].items())


def deep_context(event, cookie):
    event["contexts"]["deep"] = nested(100, cookie)


def keys(event, cookie):
    event["extra"] = {"carts": {cookie: 3}}


PROCESSORS = (no_stack_traces, no_exceptions, nothing_else, lists, deep_context, keys)
BY_PATH = {f"/{function.__name__}": function for function in PROCESSORS}


def processor(change, cookie):
    def process(event, hint):
        if event.get("type") != "transaction":
            change(event, cookie)
        return event

    return process


def fail(path, cookie):
    sentry_sdk.set_tag("cart", cookie)
    if path == "/deep":
        deep(cookie)
    sentry_sdk.get_isolation_scope().add_event_processor(processor(BY_PATH[path], cookie))
    raise LookupError(f"no luck for {cookie}")


async def app(scope, receive, send):
    if scope["type"] == "lifespan":
        await raw3.lifespan(receive, send)
        return
    try:
        fail(scope["path"], dict(scope["headers"])[b"cookie"].decode())
    except Exception:
        sentry_sdk.capture_exception()
    await raw3.respond(send, 200, b"ok")
