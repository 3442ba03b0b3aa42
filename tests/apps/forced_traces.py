"""An app that wants every trace: by its init, and by its own word at /forced."""

import sentry_sdk

import raw3

sentry_sdk.init(traces_sampler=lambda context: 1.0, traces_sample_rate=1.0)


async def app(scope, receive, send):
    if scope["type"] == "http" and scope["path"] == "/forced":
        with sentry_sdk.start_transaction(name="forced", sampled=True):
            pass
        await raw3.respond(send, 200, b"ok")
    else:
        await raw3.app(scope, receive, send)
