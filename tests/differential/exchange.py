"""Send one request in its manner, and say all that the client has seen of the answer."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

from tests.differential.requests import Request
from tests.harness.wire import ClosedError, HangError, Response, Wire

_PAUSE = 0.002  # seconds between the pieces of a slow client
KEPT, CLOSED = "the connection stays open", "the server closes the connection"


@dataclass
class Seen:
    """What the client saw: each response, and what became of the connection."""

    responses: list[Response]
    end: str = KEPT

    def but_for_the_connection(self) -> Seen:
        """Return what was seen, but whether the server keeps the connection."""
        responses = [
            each._replace(headers=tuple(pair for pair in each.headers if pair[0] != "connection"))
            for each in self.responses
        ]
        return Seen(responses, "" if self.end in (KEPT, CLOSED) else self.end)

    def __str__(self) -> str:
        said = [f"{each.status} {dict(each.headers)} {_short(each.body)}" for each in self.responses]
        return "; ".join([*said, self.end])


def _short(body: bytes) -> str:
    return repr(body) if len(body) < 300 else f"{body[:120]!r}… ({len(body)} bytes)"


class Exchange:
    """One request, and what comes of it."""

    def __init__(self, port: int, request: Request, deadline: float, patience: float, pause: float) -> None:
        """Take how long a client waits: for what must come, for what may come before it leaves, and between requests.

        All are in seconds.
        """
        self._port, self._request = port, request
        self._deadline, self._patience, self._pause = deadline, patience, pause
        self.seen = Seen([])

    def run(self) -> Seen:
        """Exchange."""
        wire = Wire(self._port, self._deadline)
        try:
            self._go(wire)
        except HangError as error:
            self.seen.end = f"hangs: {error}"
        except ClosedError:
            self.seen.end = CLOSED
        finally:
            wire.close()
        return self.seen

    def _go(self, wire: Wire) -> None:
        request = self._request
        if request.leaves:
            self._leave(wire)
            return
        if request.manner == "waiting to continue":
            wire.send(request.head)
            if not self._may_continue(wire):
                self.seen.end = "refused before the body"
                return
            self._send_pieces(wire)
        elif request.manner == "in lockstep":
            self._in_lockstep(wire)
        elif request.manner == "at once" or request.is_refused:
            wire.send(request.head + b"".join(request.pieces))
        else:
            wire.send(request.head)
            self._send_pieces(wire)
        self._final(wire)
        if request.is_refused:
            # What follows is no request; most servers say so and close.
            wire.shut()
            self.seen.end = f"then {_short(_without_date(wire.rest()))}"
        else:
            self._follow_up(wire)

    def _may_continue(self, wire: Wire) -> bool:
        first = wire.response()
        self.seen.responses.append(first)
        return first.status == 100

    def _send_pieces(self, wire: Wire) -> None:
        for piece in self._request.pieces:
            wire.send(piece)
            if self._request.manner == "slowly":
                time.sleep(_PAUSE)

    def _in_lockstep(self, wire: Wire) -> None:
        """Send each piece only once the app has sent back the one before."""
        wire.send(self._request.head)
        sent = 0
        for number, piece in enumerate(self._request.pieces):
            wire.send(piece)
            if number < len(self._request.body_pieces):
                sent += len(self._request.body_pieces[number])
                wire.until_length(sent)

    def _final(self, wire: Wire) -> None:
        while True:
            response = wire.response()
            self.seen.responses.append(response)
            if response.status >= 200:
                return

    def _follow_up(self, wire: Wire) -> None:
        """See whether another request is answered on the same connection."""
        if self._pause:
            wire.wait(self._pause)
        wire.send(b"GET /mark HTTP/1.1\r\nhost: differential\r\n\r\n")
        answer = wire.response()
        if answer.status != 200:
            self.seen.end = f"the next request is answered {answer.status} {_short(answer.body)}"

    def _leave(self, wire: Wire) -> None:
        manner = self._request.manner
        wire.send(self._request.head)
        self._send_pieces(wire)
        if manner.endswith("shuts"):
            self._answer_before_the_end(wire)
            wire.shut()
            if not self.seen.responses and wire.wait(self._deadline) and wire.has_begun:
                self._final(wire)
            self.seen.end = f"then {_short(_without_date(wire.rest()))}"
            return
        self._answer_before_the_end(wire)
        self.seen.end = "the client leaves"
        if manner.endswith("resets"):
            wire.reset()

    def _answer_before_the_end(self, wire: Wire) -> None:
        """Read what the app answers without the rest of the body; an echo would not end."""
        # It may have come while the pieces were sent.
        if (wire.has_begun or wire.wait(self._patience)) and not self._request.echoes:
            self._final(wire)


def _without_date(text: bytes) -> bytes:
    return b"\r\n".join(line for line in text.split(b"\r\n") if not line.lower().startswith(b"date:"))


def answers(port: int, path: str, deadline: float) -> Any:
    """Request a path that is always answered, on a connection of its own."""
    wire = Wire(port, deadline)
    try:
        wire.send(f"GET {path} HTTP/1.1\r\nhost: differential\r\nconnection: close\r\n\r\n".encode())
        return wire.response()
    finally:
        wire.close()
