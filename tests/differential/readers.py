"""Which paths the apps of each framework have: each does something else with the request's body."""

from __future__ import annotations

_RAW = [
    "none",
    "messages",
    "half",
    "after_end",
    "early",
    "two_tasks",
    "impatient",
    "echo",
    "fails",
    "fails_unread",
]
_STARLETTE = [
    "none",
    "body",
    "stream",
    "half_stream",
    "form",
    "json",
    "json_raises",
    "messages",
    "half",
    "after_end",
    "disconnected",
    "body_twice",
    "fails",
    "fails_unread",
    "unavailable",
]
_PARAMETERS = [
    "json_param",
    "model",
    "sync_model",
    "form_param",
    "upload",
    "bytes",
    "dependency",
    "fails_param",
]
_RAISING = [
    "none",
    "body",
    "stream",
    "form",
    "json",
]
_LITESTAR = [
    "none",
    "body",
    "stream",
    "half_stream",
    "form",
    "json",
    "messages",
    "half",
    "after_end",
    "body_twice",
    "fails",
    "fails_unread",
    "unavailable",
]
_QUART = [
    "none",
    "body",
    "stream",
    "half_stream",
    "form",
    "json",
    "json_forced",
    "body_twice",
    "fails",
    "fails_unread",
    "unavailable",
]
_DJANGO = [
    "none",
    "body",
    "stream",
    "half_stream",
    "form",
    "json",
    "json_raises",
    "read_then_body",
    "form_then_body",
    "fails",
    "fails_unread",
    "unavailable",
]
_MIDDLEWARE = [
    "none",
    "body",
    "stream",
    "form",
    "json",
    "messages",
    "fails",
]

# Framework → the first part of the path → what can follow. The app of each is in tests/apps/readers_<framework>.py.
READERS: dict[str, dict[str, list[str]]] = {
    "plain": {"": _RAW, "raising": ["messages", "echo", "none"]},
    "starlette": {
        "endpoint": _STARLETTE,
        "raising": _RAISING,
        "sync": ["none"],
        "inner": _RAW,
        "mounted": _RAW,
        "reads": _MIDDLEWARE,
        "passes": _MIDDLEWARE,
    },
    "fastapi": {
        "endpoint": [*_STARLETTE, *_PARAMETERS],
        "raising": [*_RAISING, "json_param", "model"],
        "endpoint/inner": _RAW,
        "sub": [*_STARLETTE, *_PARAMETERS],
        "mounted": _RAW,
    },
    "litestar": {
        "endpoint": _LITESTAR,
        "raising": _RAISING,
        "data": ["json", "form", "upload", "bytes"],
        "mounted": _RAW,
    },
    "quart": {"endpoint": _QUART, "raising": _RAISING, "sync": ["none"], "inner": _RAW},
    "django": {"endpoint": _DJANGO, "sync": _DJANGO, "raising": _RAISING},
    "sanic": {
        "endpoint": ["none", "body", "form", "json", "fails", "unavailable"],
        "raising": ["none", "body", "form", "json"],
        "stream": ["none", "stream", "half_stream", "receive_body", "fails_unread"],
    },
}


def paths(framework: str) -> list[str]:
    """Return all paths of a framework's app."""
    return [
        f"{way and '/'}{way}/{reader}" for way, readers in READERS[framework].items() for reader in readers
    ]
