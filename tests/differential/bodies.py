"""Random bodies, of every size, and of every type, rightly and wrongly labelled."""

from __future__ import annotations

import json
from random import Random
from typing import Callable
from urllib.parse import urlencode

_MEGABYTE = 1_000_000


def size(random: Random) -> int:
    """Draw a size: many small ones, some at the bounds that the SDK knows, a few above a megabyte."""
    kind = random.choices(("none", "small", "kilobytes", "bound", "large", "huge"), (8, 30, 25, 7, 27, 3))[0]
    if kind == "none":
        return 0
    if kind == "bound":
        return random.choice((1_000, 1_001, 10_000, 10_001, 65_535, 65_536, 65_537))
    low, high = {
        "small": (1, 200),
        "kilobytes": (200, 10_000),
        "large": (10_000, 200_000),
        "huge": (_MEGABYTE, 3 * _MEGABYTE),
    }[kind]
    return random.randint(low, high)


def _filler(random: Random, length: int) -> bytes:
    some = bytes(random.choice(b"abcdefghijklmnopqrstuvwxyz0123456789 ") for _ in range(min(length, 97)))
    return (some * (length // max(len(some), 1) + 1))[:length]


def _json(random: Random, length: int) -> bytes:
    text = _filler(random, max(length - 20, 0)).decode()
    return json.dumps({"n": random.randint(0, 9), "text": text}).encode()


def _malformed_json(random: Random, length: int) -> bytes:
    whole = _json(random, length)
    return random.choice((whole[:-1], whole + b"}", b"{" + whole, b"\xff" + whole, b"nonsense"))


def _form(random: Random, length: int) -> bytes:
    return urlencode({"a": _filler(random, max(length - 8, 0)).decode(), "b": "ü", "c": ""}).encode()


def _multipart(random: Random, length: int) -> bytes:
    contents = _filler(random, length)
    parts = [
        b'--edge\r\ncontent-disposition: form-data; name="a"\r\n\r\nvalue\r\n',
        b'--edge\r\ncontent-disposition: form-data; name="file"; filename="f.bin"\r\n'
        b"content-type: application/octet-stream\r\n\r\n" + contents + b"\r\n",
    ]
    return b"".join(parts) + b"--edge--\r\n"


def _broken_multipart(random: Random, length: int) -> bytes:
    whole = _multipart(random, length)
    return random.choice(
        (whole[: len(whole) // 2], whole[:-10], whole.replace(b"--edge", b"--egde", 1), b"--edge")
    )


Maker = Callable[[Random, int], bytes]
_MULTIPART = "multipart/form-data; boundary=edge"
_URLENCODED = "application/x-www-form-urlencoded"
# Content type, None for no such header; what makes the body; how often.
_TYPES: list[tuple[str | None, Maker, int]] = [
    ("application/json", _json, 25),
    ("application/json; charset=utf-8", _json, 3),
    ("application/problem+json", _json, 2),
    ("application/json", _malformed_json, 12),
    (_URLENCODED, _form, 12),
    (_MULTIPART, _multipart, 12),
    (_MULTIPART, _broken_multipart, 6),
    ("multipart/form-data", _multipart, 2),
    ("application/octet-stream", _filler, 8),
    ("text/plain", _filler, 6),
    (None, _filler, 6),
    (None, _json, 3),
    ("application/json", _form, 3),
    (_URLENCODED, _json, 3),
    (_MULTIPART, _json, 3),
    ("nonsense", _filler, 2),
    ("", _filler, 1),
]


def body(random: Random) -> tuple[str | None, bytes]:
    """Draw a content type and a body."""
    content_type, make, _ = random.choices(_TYPES, [often for _, _, often in _TYPES])[0]
    length = size(random)
    return content_type, make(random, length) if length else b""


def in_pieces(random: Random, whole: bytes, most: int = 12) -> list[bytes]:
    """Cut a body at random places; none of the pieces is empty."""
    cuts = (
        sorted({random.randrange(1, len(whole)) for _ in range(random.randrange(most))})
        if len(whole) > 1
        else []
    )
    pieces = [whole[start:end] for start, end in zip([0, *cuts], [*cuts, len(whole)])]
    return [piece for piece in pieces if piece]
