"""An app whose requests each set a tag of their own."""

import sentry_sdk


async def app(scope, receive, send):
    assert scope["type"] == "http"
    sentry_sdk.set_tag("tag" + scope["path"].replace("/", "-"), "set")
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"0")]})
    await send({"type": "http.response.body"})
