"""An app whose requests each set a tag, and all fail once they are all under way."""

import asyncio

import sentry_sdk

REQUESTS = 20
under_way = set()
all_under_way = None


async def app(scope, receive, send):
    global all_under_way
    assert scope["type"] == "http"
    all_under_way = all_under_way or asyncio.Event()
    name = scope["path"].strip("/")
    sentry_sdk.set_tag(f"tag-{name}", name)
    sentry_sdk.add_breadcrumb(message=name)
    under_way.add(name)
    if len(under_way) == REQUESTS:
        all_under_way.set()
    await all_under_way.wait()
    raise RuntimeError(name)
