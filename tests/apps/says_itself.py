"""An app whose events say of themselves what init's arguments say of all."""

import sentry_sdk

import raw3

LABELS = {"environment": "own", "release": "own", "server_name": "own", "dist": "own"}
USER = {"id": "7", "email": "ann@example.com", "username": "ann", "ip_address": "10.1.2.3", "plan": "gold"}


def before_send(event, hint):
    hint["attachments"] = [sentry_sdk.attachments.Attachment(bytes=b"s3cr3t", filename="of-a-hook.txt")]
    event.update(LABELS)
    return event


sentry_sdk.init(before_send=before_send, send_default_pii=True, **LABELS)


async def app(scope, receive, send):
    if scope["type"] == "http" and scope["path"] == "/say":
        sentry_sdk.set_user(USER)
        sentry_sdk.get_current_scope().add_attachment(
            b"s3cr3t", filename="of-a-scope.txt", add_to_transactions=True
        )
        sentry_sdk.get_current_scope().add_event_processor(lambda event, hint: {**event, **LABELS})
        sentry_sdk.capture_event({"message": "said", **LABELS})
        sentry_sdk.logger.warning("said")
        sentry_sdk.metrics.count("said", 1)
        sentry_sdk.crons.capture_checkin("job", status="ok")
        await raw3.respond(send, 200, b"ok")
    else:
        await raw3.app(scope, receive, send)
