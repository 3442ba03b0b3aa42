"""An app whose first request starts work that goes on."""

import asyncio

import sentry_sdk

tasks = []


async def work():
    await asyncio.sleep(0)
    with sentry_sdk.start_transaction(name="background work", op="task"):
        pass


async def app(scope, receive, send):
    assert scope["type"] == "http"
    tasks.append(asyncio.create_task(work()))
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"started"})
