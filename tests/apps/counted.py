"""An app whose requests end well, report an error and end well, or fail."""

import sentry_sdk


async def app(scope, receive, send):
    if scope["type"] == "lifespan":
        while (await receive())["type"] != "lifespan.shutdown":
            await send({"type": "lifespan.startup.complete"})
        await send({"type": "lifespan.shutdown.complete"})
        return
    if scope["path"] == "/boom":
        raise RuntimeError(scope["path"])
    if scope["path"] == "/reported":
        sentry_sdk.capture_exception(ValueError(scope["path"]))
    if scope["path"] == "/own":
        sentry_sdk.get_isolation_scope().start_session(session_mode="request")
    if scope["path"] == "/logged":
        sentry_sdk.logger.info("logged")
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b""})
