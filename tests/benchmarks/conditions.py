"""What all parts measure under: the receiver, the environments, and how much."""

from __future__ import annotations

from typing import NamedTuple, Sequence, TypeVar

from tests.benchmarks import variants
from tests.benchmarks.environments import Environments
from tests.benchmarks.sink import Sink
from tests.benchmarks.variants import Setting, Started, Variant

T = TypeVar("T")


class Conditions(NamedTuple):
    """Hand a part what it measures with. `quick` measures little: to see that it works."""

    sink: Sink
    environments: Environments
    has_peers: bool
    quick: bool

    @property
    def variants(self) -> tuple[Variant, ...]:
        """All that is compared, or what needs no environment of its own."""
        return variants.ALL if self.has_peers else variants.SENTRY

    def start(self, variant: Variant, setting: Setting, libraries: tuple[str, ...], app: str) -> Started:
        """Say how to run Python under `variant` beside `libraries`, and which app is `app` there."""
        started = variants.start(variant, setting, libraries, app, self.environments, self.sink)
        if self.quick:
            started.environ["BENCHMARK_QUICK"] = "1"  # by hand imports what the app uses
        return started


def in_turn(items: Sequence[T], round_number: int) -> list[T]:
    """Return the items with another one first in each round, as what comes first is at a disadvantage."""
    first = round_number % len(items)
    return [*items[first:], *items[:first]]
