"""Memory: what many errors leave in a process, whether they can be sent or not."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Iterator

from tests.reliability import client
from tests.reliability.parts.transport import FAULTS, Fault, receiver_of, serve
from tests.reliability.rows import Row, Scale, faults
from tests.reliability.served import OURS, SERVERS

ERRORS = 20_000
_LIMIT = 10  # MB
_FAULTS = ("none", "never answers")


def rows(scale: Scale) -> Iterator[Row]:
    """Yield a row for each server, with a receiver that takes everything or with one that never answers, in turn."""
    chosen = [fault for fault in FAULTS if fault.name in _FAULTS]
    # Each server once in a full run, too: it is what takes longest.
    pairs = scale._replace(is_whole=False).pairs(SERVERS, chosen)
    with ThreadPoolExecutor(2) as threads:
        yield from threads.map(partial(_memory, scale.count(ERRORS, 500)), *zip(*pairs))


def _memory(errors: int, server: str, fault: Fault) -> Row:
    """Raise many errors, and measure what they leave beyond what the first tenth of them does."""
    with receiver_of(fault) as receiver, serve(
        server, fault, receiver, Path(os.devnull), OURS, None
    ) as served:
        first = errors // 10
        exchanges = client.ask(served.port, (f"/boom/{number}" for number in range(first)))
        before = served.megabytes
        exchanges += client.ask(served.port, (f"/boom/{number}" for number in range(first, errors)))
        after = served.megabytes
    figures = {
        "requests": len(exchanges),
        "wrong answers": sum(exchange.status != 500 for exchange in exchanges),
        "MB after a tenth": before,
        "MB after all": after,
    }
    found = faults(figures, "wrong answers", grows=after - before > _LIMIT)
    return Row(f"{server}, receiver: {fault.name}", figures, found)
