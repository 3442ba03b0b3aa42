"""Fails with an error that takes no weak reference, which has a cause, and counts those that are still there."""

import gc

import sentry_sdk


async def app(scope, receive, send):
    if scope["type"] == "lifespan":
        raise RuntimeError("no lifespan here")
    if scope["path"] == "/boom":
        try:
            raise KeyError("the cause")
        except KeyError as cause:
            raise ValueError("boom") from cause
    if scope["path"] == "/captured":
        try:
            raise ValueError("captured")
        except ValueError as error:
            sentry_sdk.capture_exception(error)
            sentry_sdk.capture_exception(error)
    gc.collect()
    alive = sum(isinstance(each, (KeyError, ValueError)) for each in gc.get_objects())
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"%d" % alive})
