"""Send to an inbox as a client does, by HTTP."""

import json
from typing import Any

import httpx
from sentry_sdk.envelope import Envelope, Item, PayloadRef

from sentry_asgi_autoconf.inbox.server import BackgroundInbox

KEY = "0123456789abcdef0123456789abcdef"
CLIENT = httpx.Client(trust_env=False, verify=False)  # making one costs more than a request
AUTH = f"Sentry sentry_key={KEY}, sentry_version=7, sentry_client=sentry.python/2.75.0"


def item(kind: str, payload: Any, **headers: Any) -> Item:
    content = PayloadRef(bytes=payload) if isinstance(payload, bytes) else PayloadRef(json=payload)
    return Item(content, type=kind, headers=headers)


def envelope(*items: Item, **headers: Any) -> bytes:
    return Envelope(headers=headers, items=list(items)).serialize()


def post(
    inbox: BackgroundInbox,
    body: bytes,
    encoding: str | None = None,
    project: str = "1",
    path: str = "envelope",
) -> httpx.Response:
    headers = {"Content-Type": "application/x-sentry-envelope", "X-Sentry-Auth": AUTH}
    if encoding is not None:
        headers["Content-Encoding"] = encoding
    return CLIENT.post(f"{inbox.url}/api/{project}/{path}/", content=body, headers=headers)


def send(inbox: BackgroundInbox, kind: str, payload: Any, project: str = "1", **headers: Any) -> int:
    """Send one item and return the id that the inbox gave it."""
    # Not through the SDK's serializer, which would refuse some of the payloads that a broken client sends.
    text = json.dumps(payload).encode()
    head = json.dumps({"type": kind, "length": len(text), **headers}).encode()
    answer = post(inbox, b"{}\n" + head + b"\n" + text, project=project)
    assert answer.status_code == 200, answer.text
    return inbox.store.newest


def page(inbox: BackgroundInbox, path: str) -> str:
    answer = CLIENT.get(inbox.url + path)
    assert answer.status_code == 200, answer.text
    return answer.text
