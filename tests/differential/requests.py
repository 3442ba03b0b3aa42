"""Random requests as the bytes that go over the socket, and the manner in which the client sends them."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random
from typing import Iterator

from tests.differential.bodies import body, in_pieces
from tests.differential.readers import paths

_METHODS = {"POST": 60, "PUT": 15, "PATCH": 8, "DELETE": 5, "GET": 10, "OPTIONS": 2}

# How the client goes about it → how often. The last ones go away before they have sent all.
_MANNERS = {
    "at once": 30,
    "in pieces": 25,
    "slowly": 6,
    "waiting to continue": 8,
    "in lockstep": 6,
    "with a shorter content-length": 3,
    "with a longer content-length, and shuts": 4,
    "with a broken chunk": 3,
    "half, and shuts": 5,
    "half, and closes": 6,
    "half, and resets": 4,
}
# What the server refuses by itself: sent at once, or it would be a race between server and app.
_INVALID = ("with a shorter content-length", "with a broken chunk")


@dataclass(frozen=True)
class Request:
    """One request: its head, and its body cut as it goes over the wire."""

    number: int
    method: str
    path: str
    manner: str
    content_type: str | None
    chunked: bool
    size: int
    head: bytes
    pieces: tuple[bytes, ...]
    body_pieces: tuple[bytes, ...]

    def __str__(self) -> str:
        framing = "chunked" if self.chunked else "content-length"
        return (
            f"#{self.number} {self.method} {self.path}, {self.content_type!r}, {self.size} bytes, {framing},"
            f" {len(self.pieces)} pieces, {self.manner}"
        )

    @property
    def is_a_race(self) -> bool:
        """Whether what comes of it depends on what the server notices first."""
        return self.leaves or self.is_refused

    @property
    def is_refused(self) -> bool:
        """Whether what is sent is no request, or not one alone."""
        return self.manner in _INVALID

    @property
    def echoes(self) -> bool:
        """Whether the app answers with the body, while it comes."""
        return "/echo?" in self.path

    @property
    def leaves(self) -> bool:
        """Whether the client does not send all that it has announced."""
        return self.manner.startswith("half") or "longer" in self.manner


def requests(framework: str, count: int, seed: int) -> Iterator[Request]:
    """Draw requests to the app of a framework; each is the same for the same seed and number, whatever the count."""
    for number in range(1, count + 1):
        yield _request(Random(f"{seed} {framework} {number}"), framework, number)


def _draw(random: Random, weights: dict[str, int]) -> str:
    return random.choices(list(weights), list(weights.values()))[0]


def _request(random: Random, framework: str, number: int) -> Request:
    method = _draw(random, _METHODS)
    path = random.choice(paths(framework))
    target = f"{path}?id={number}"
    if path.startswith("/raising/"):
        target += f"&at={random.choice(('first', 'last'))}"
    if path.startswith("/reads/"):
        target += f"&first={random.choice(('body', 'nothing'))}"
    manner = "in lockstep" if path.endswith("/echo") and random.random() < 0.5 else _draw(random, _MANNERS)
    content_type, whole = (
        body(random) if method not in ("GET", "OPTIONS") or random.random() < 0.3 else (None, b"")
    )
    if manner == "in lockstep" and not path.endswith("/echo"):
        manner = "in pieces"
    elif manner == "waiting to continue" and path.endswith("/echo"):
        manner = "in lockstep"  # it answers before it reads
    if len(whole) < 2 and manner not in ("at once", "waiting to continue", "half, and closes"):
        manner = "at once"
    chunked = manner == "with a broken chunk" or (
        bool(whole) and "content-length" not in manner and random.random() < 0.4
    )
    pieces = [whole] if manner in ("at once", *_INVALID) else in_pieces(random, whole)
    wire = [_chunk(piece) for piece in pieces if piece] if chunked else list(pieces)
    if chunked:
        wire.append(b"0\r\n\r\n")
    announced = len(whole)
    if manner == "with a shorter content-length":
        announced = random.randrange(len(whole))
    elif "longer" in manner:
        announced += random.randint(1, 5_000)
    elif manner == "with a broken chunk":
        wire[random.randrange(len(wire))] = b"nonsense\r\n"
    elif manner.startswith("half"):
        wire = wire[: random.randrange(len(wire))] if len(wire) > 1 else []
    return Request(
        number,
        method,
        target,
        manner,
        content_type,
        chunked,
        len(whole),
        _head(random, method, target, manner, content_type, announced, chunked),
        tuple(wire),
        tuple(pieces),
    )


def _chunk(data: bytes) -> bytes:
    return b"%x\r\n%b\r\n" % (len(data), data)


def _head(
    random: Random, method: str, target: str, manner: str, content_type: str | None, size: int, chunked: bool
) -> bytes:
    lines = [f"{method} {target} HTTP/1.1", "host: differential"]
    if content_type is not None:
        lines.append(f"content-type: {content_type}")
    if chunked:
        lines.append("transfer-encoding: chunked")
    elif size or manner.startswith("half") or random.random() < 0.5:
        lines.append(f"content-length: {max(size, 1) if manner.startswith('half') else size}")
    if manner == "waiting to continue":
        lines.append("expect: 100-continue")
    return "\r\n".join([*lines, "", ""]).encode("latin-1")
