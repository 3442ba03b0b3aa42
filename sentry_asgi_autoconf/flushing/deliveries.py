"""Keep count of what this process captures, sends and loses, where its status is asked for."""

from __future__ import annotations

import contextlib
import os
import threading
import time
from collections import Counter
from typing import Any, Callable, Iterator, Mapping

# How a file tells when something was: in UTC.
MOMENT = "%Y-%m-%dT%H:%M:%SZ"


class Deliveries:
    """Numbers of events, transactions, logs and the like, by the data categories of Sentry's client reports."""

    def __init__(self) -> None:
        # Called after each delivery, in the thread that sends.
        self.after_each: Callable[[], None] = lambda: None
        self.begin()

    def begin(self) -> None:
        """Begin at nothing, as a forked child does."""
        self._lock = threading.Lock()
        self._captured: Counter[str] = Counter()
        self._sent: Counter[str] = Counter()
        self._lost: Counter[tuple[str, str]] = Counter()
        self._last: dict[str, Any] | None = None
        # What is left of the envelope that a thread is sending, and what was answered.
        self._under_way: dict[int, Counter[str]] = {}
        self._answers: dict[int, int | str] = {}

    def capture(self, quantities: Mapping[str, int]) -> None:
        """Count what is to be sent."""
        with self._lock:
            self._captured.update(quantities)

    def lose(self, reason: str, category: str, quantity: int) -> None:
        """Count what is not sent, for the reason that the SDK gives."""
        with self._lock:
            self._lost[reason, category] += quantity
            under_way = self._under_way.get(threading.get_ident())
            if under_way:
                under_way[category] -= quantity

    def answer(self, answer: int | str) -> None:
        """Take note of the HTTP status of the answer, or the name of what kept it from coming."""
        self._answers[threading.get_ident()] = answer

    @contextlib.contextmanager
    def delivering(self, quantities: Mapping[str, int]) -> Iterator[None]:
        """Count what an envelope holds as sent, if it is, while a `with` statement sends it."""
        thread = threading.get_ident()
        self._under_way[thread] = Counter(quantities)
        try:
            yield
        finally:
            left, answer = +self._under_way.pop(thread), self._answers.pop(thread, None)
            if answer is not None:
                self._delivered(left, answer)
                self.after_each()

    def _delivered(self, left: Counter[str], answer: int | str) -> None:
        with self._lock:
            self._last = {"at": time.strftime(MOMENT, time.gmtime()), "answer": answer}
            if answer == 429:  # which the SDK reports to nobody, as its sender knows of it
                self._lost.update({("status_429", category): number for category, number in left.items()})
            elif isinstance(answer, int) and 200 <= answer < 300:
                self._sent.update(left)

    def content(self) -> dict[str, Any]:
        """Return the counts, ready for JSON."""
        with self._lock:
            dropped: dict[str, dict[str, int]] = {}
            for (reason, category), quantity in self._lost.items():
                dropped.setdefault(reason, {})[category] = quantity
            counts = {"captured": dict(self._captured), "sent": dict(self._sent)}
            return {**counts, "dropped": dropped, "last_delivery": self._last}


deliveries = Deliveries()
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=deliveries.begin)
