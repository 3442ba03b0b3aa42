"""The error that a request of a client is refused with."""

from __future__ import annotations


class RefusedError(Exception):
    """A request that the inbox does not accept: HTTP status and what was wrong with it."""

    def __init__(self, status: int, detail: str) -> None:
        """Keep `status` (4xx) and `detail`, which never repeats what the client sent."""
        super().__init__(detail)
        self.status = status
        self.detail = detail
