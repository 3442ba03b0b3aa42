"""Choose rates by which a process begins so many traces a second at most; imported where there is a budget.

The rate is changed, and no request is refused: each is drawn by the rate that Sentry is told, whose reciprocal is what
the request stands for. A rate depends on what was asked before, never on what was drawn, so that these sums are right.
"""

from __future__ import annotations

import math
import os
import re
import threading
from typing import Any, Iterable

# Seconds that requests are counted over; more where the budget is small, so that it is several traces in that time.
_SHORTEST_WINDOW = 5.0
_FEWEST_TRACES = 20.0
# Seconds after which shares are computed anew; sooner where as much more than the budget was spent.
_TURN = 1.0
_MOST_AT_ONCE = 5.0
# The budget of a turn, as a part of the budget: less after too much was spent, more after too little.
_LEAST, _MOST = 0.05, 1.5
# Routes that are told apart. One that asks for so few traces is forgotten.
_MOST_ROUTES = 200
_FORGOTTEN = 0.01
_ALL_OTHERS = "others"
# Parts of a path that are told apart where one begins alike, the places where they are, and how deep these are.
_MOST_SIBLINGS, _MOST_PLACES, _DEEPEST = 50, 1000, 8
# A part that is of one request: an id, a date, what people have typed; a version is of the route.
_OF_ONE_REQUEST = re.compile(r"(?!v\d{1,3}\Z)(?:.{41}|.*[\d%@=])", re.DOTALL)
_ANY = "*"
# The numbers that are drawn have six digits: one rate is as good as the next below it.
_DIGITS = 6
_LEAST_RATE = 1e-6


class TraceBudget:
    """The rates of one process: all routes have the same share, and leave what they do not need to the others."""

    def __init__(self, per_second: float) -> None:
        self._per_second = per_second
        self._window = max(_SHORTEST_WINDOW, _FEWEST_TRACES / per_second)
        self._begin()

    def _begin(self) -> None:
        self._lock, self._process = threading.Lock(), os.getpid()
        self._routes: dict[str, _Route] = {}
        self._patterns = Patterns()
        self._share = self._per_second
        self._began = self._turned = -math.inf
        # Traces of this turn, and those of earlier ones that are left, or owed.
        self._spent = self._left = 0.0

    def __reduce__(self) -> tuple[Any, ...]:
        return TraceBudget, (self._per_second,)

    def rate(self, name: str, wanted: float, now: float) -> float:
        """Return the rate for what is called `name` at the moment `now`, at most the rate that is `wanted`."""
        if self._process != os.getpid():
            self._begin()  # with a lock that nobody in the forked child holds
        with self._lock:
            if now - self._turned >= _TURN or self._spent > self._per_second + _MOST_AT_ONCE:
                self._turn(now)
            route = self._route(self._patterns.of(name))
            route.count(wanted, now, self._window)
            affordable = self._share * self._counted(now) / route.requests
            rate = min(wanted, max(round(affordable, _DIGITS), _LEAST_RATE))
            self._spent += rate
            return rate

    def _route(self, pattern: str) -> _Route:
        if pattern not in self._routes and len(self._routes) >= _MOST_ROUTES:
            pattern = _ALL_OTHERS
        return self._routes.setdefault(pattern, _Route())

    def _counted(self, now: float) -> float:
        """Return the seconds that requests were counted over, of which earlier ones weigh less."""
        return self._window * -math.expm1((self._began - _TURN - now) / self._window)

    def _turn(self, now: float) -> None:
        """Compute the share anew."""
        if self._began == -math.inf:
            self._began = self._turned = now
        budget, elapsed = self._per_second, max(0.0, now - self._turned)
        self._left += budget * elapsed - self._spent
        reserve = budget * self._window
        self._left = max(-2 * reserve, min(reserve, self._left))
        self._turned, self._spent = now, 0.0
        counted = self._counted(now)
        for name, route in list(self._routes.items()):
            route.decay(now, self._window)
            if route.requests < _FORGOTTEN:
                del self._routes[name]
        demands = [route.requests / counted * route.wanted for route in self._routes.values()]
        spendable = budget * max(_LEAST, min(_MOST, 1 + self._left / reserve))
        self._share = _share(demands, spendable)


class _Route:
    """The requests of one route, of which earlier ones weigh less, and the rate that is wanted for them."""

    __slots__ = ("_at", "requests", "wanted")

    def __init__(self) -> None:
        self.requests, self.wanted, self._at = 0.0, 1.0, -math.inf

    def count(self, wanted: float, now: float, window: float) -> None:
        """Count one more."""
        self.decay(now, window)
        self.requests += 1
        self.wanted = wanted

    def decay(self, now: float, window: float) -> None:
        """Let what was counted weigh less, as time has passed."""
        self.requests *= math.exp(min(0.0, self._at - now) / window)
        self._at = max(self._at, now)


def _share(demands: Iterable[float], budget: float) -> float:
    """Return the most that each may have so that all together have the budget."""
    left = share = budget
    waiting = sorted(demands)
    for position, demand in enumerate(waiting):
        share = left / (len(waiting) - position)
        if demand >= share:
            break
        left -= demand
    return share


class Patterns:
    """Names without what is of one request in them, so that there is a bounded number of them."""

    def __init__(self) -> None:
        self._parts: dict[str, set[str]] = {}

    def of(self, name: str) -> str:
        """Return the pattern that a name is of: parts of many kinds in one place are all the same."""
        pattern = ""
        for part in name.split("/", _DEEPEST):
            pattern = f"{pattern}/{part if self._is_of_route(part, pattern) else _ANY}"
        return pattern

    def _is_of_route(self, part: str, before: str) -> bool:
        if _OF_ONE_REQUEST.match(part) or (before not in self._parts and len(self._parts) >= _MOST_PLACES):
            return False
        siblings = self._parts.setdefault(before, set())
        if part not in siblings and len(siblings) < _MOST_SIBLINGS:
            siblings.add(part)
        return part in siblings
