"""The parts of the benchmark, in the order in which they are measured and shown.

Each has `measure`, which gives the rounds of one turn, and `tables`, `promises` and `charts` of all rounds.
"""

from __future__ import annotations

from tests.benchmarks.parts import (
    boot,
    cpu,
    firsts,
    growth,
    idle,
    latency,
    requests,
    settings,
    sources,
    throughput,
)

PARTS = {
    "idle": idle,
    "boot": boot,
    "firsts": firsts,
    "sources": sources,
    "cpu": cpu,
    "settings": settings,
    "requests": requests,
    "throughput": throughput,
    "latency": latency,
    "growth": growth,
}
