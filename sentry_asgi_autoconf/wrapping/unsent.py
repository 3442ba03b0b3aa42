"""A transaction that is not sent, of which most requests need no more than that it is there."""

from __future__ import annotations

from typing import Any, Callable, Iterator

from sentry_sdk.tracing import Transaction
from sentry_sdk.utils import capture_internal_exceptions


class UnsentTransaction(Transaction):
    """A transaction whose every part but name, source and decision is made once an error, say, asks for it."""

    __slots__ = ("_http_status", "_is_whole", "_make")

    def __init__(self, make: Callable[[], Transaction], name: str, source: str, sample_rate: float) -> None:
        """Take what makes the whole transaction; it is not to be sampled."""
        self._make = make
        self._is_whole = False
        self._http_status: int | None = None
        self.name = name
        self.source = source
        self.sampled = False
        self.sample_rate = sample_rate

    def set_http_status(self, http_status: int) -> None:
        """Take note of it."""
        if self._is_whole:
            super().set_http_status(http_status)
        self._http_status = http_status

    def __getattr__(self, attribute: str) -> Any:
        if attribute not in self.__slots__ and not self._is_whole:  # the former while it is copied
            with capture_internal_exceptions():
                self._complete()
        return object.__getattribute__(self, attribute)

    def _complete(self) -> None:
        made = self._make()
        if self._http_status is not None:
            made.set_http_status(self._http_status)
        for name, value in _attributes(made):
            if not _has(self, name):
                setattr(self, name, value)
        self._is_whole = True


def _attributes(transaction: Transaction) -> Iterator[tuple[str, Any]]:
    yield from getattr(transaction, "__dict__", {}).items()
    for kind in type(transaction).__mro__:
        for name in getattr(kind, "__slots__", ()):
            if hasattr(transaction, name):
                yield name, getattr(transaction, name)


def _has(transaction: Transaction, name: str) -> bool:
    try:
        object.__getattribute__(transaction, name)
    except AttributeError:
        return False
    return True
