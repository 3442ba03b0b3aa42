"""Write `docs/fleet-costs.md` from the figures in `docs/benchmarks.md`; `--check` only compares the two."""

from __future__ import annotations

import re
import sys
from pathlib import Path

HERE = Path(__file__).parent
TARGET = HERE / "fleet-costs.md"
BENCHMARKS = (HERE / "benchmarks.md").read_text("utf-8")

PODS = 10_000
REQUESTS = 10  # a second, in each pod
BARE, BY_HAND, OURS = "no instrumentation", "Sentry by hand", "sentry-asgi-autoconf"
VARIANTS = (BY_HAND, OURS, "OpenTelemetry", "Datadog", "New Relic")

NODES = 500
# In MB, measured as the page says: a bundle, and what pip fetches and installs.
DISK, COMPRESSED, WHEELS, INSTALLED = 29, 8.7, 1.1, 10

INTRODUCTION = """\
# What a fleet pays and saves

<!-- Written by docs/generate_fleet_costs.py from docs/benchmarks.md -->

A fleet of {pods:,} pods, one serving process in each, {requests} requests a second in each. Every figure is one of the
[benchmarks](benchmarks.md) less that of no instrumentation, times the fleet: it was measured on one machine, which is
not yours, so it tells an order of magnitude and which way it goes.

## While it runs

"""

DELIVERY = """\

Memory and the rollout are those of an environment with many libraries, of which the app imports one. Where there are
few, it is {small_by_hand:.0f} MB a pod more by hand, and {small_ours:.0f} MB with us.

## Until it runs

A [bundle](bundle.md) for Python 3.7 to 3.15, with byte code by five of them, on {nodes} nodes:

| | image volume | init container | `pip install` at each start |
|---|---|---|---|
| fetched | {compressed} MB a node, {by_node:.1f} GB | the same | {wheels} MB a pod, {by_pod:.0f} GB |
| on disk | {disk} MB a node, {node:.0f} GB | and as much a pod, {pod:.0f} GB | {installed} MB a pod, {pip:.0f} GB |
| a pod's start | – | a container's start, and a copy in 0.4 s | a container's start, and pip |
| a start needs | the registry of the service's own image | that too | a package index, {pods:,} times a rollout |

`sentry-asgi-autoconf bundle DIR --compile PYTHON …` says how large it is, `du --summarize DIR` what that is on a disk,
`tar --create --gzip DIR | wc --bytes` what a registry sends, `time cp -a DIR DIR2` how long a copy takes, and
`pip download sentry-asgi-autoconf` what an index sends.

Byte code is worth its place: a read-only volume never gets any, and each start without compiles what it imports. A
plain app was ready after 2.9 times as long as bare, in place of 1.7 times.

## What it does not save

- With a sample rate of 1, each request costs what it costs by hand, or more: see [the benchmarks](benchmarks.md).
- Sentry's own bill is by event. A [policy](policies.md) that limits the rate of traces is what changes that.
- Somebody keeps the bundle's image up to date, as they would a base image.
"""


def table(title: str) -> dict[str, dict[str, float]]:
    """Return the rows of a table by their names, with the numbers by their columns'."""
    section = BENCHMARKS.split(f"\n### {title}\n", 1)[1].split("\n#", 1)[0]
    lines = [line.strip("|").split("|") for line in section.splitlines() if line.startswith("|")]
    columns, _, *rows = [[cell.strip() for cell in line] for line in lines]
    return {
        row[0]: {
            name: float(cell.replace(",", ""))
            for name, cell in zip(columns[1:], row[1:])
            if re.search(r"\d", cell)
        }
        for row in rows
    }


def more(column: dict[str, float]) -> dict[str, float]:
    """Return what each variant has more than none."""
    return {name: column[name] - column[BARE] for name in VARIANTS if name in column}


def of(title: str, name: str) -> dict[str, float]:
    """Return one column of a table, by its rows."""
    return {row: cells[name] for row, cells in table(title).items()}


def running() -> dict[str, tuple[dict[str, float], str]]:
    """Return the lines of the first table: what, how much for each variant, and the part that measures it."""
    service = "Boot to the first response, service environment"
    request = table("CPU time of a request, in process")
    children = of("The same, started by an instrumented process", "more ms")
    gigabytes = {name: value * PODS / 1e3 for name, value in more(of(service, "MB")).items()}
    rollout = {name: value * PODS / 3600 for name, value in more(of(service, "CPU s")).items()}
    lines = {
        "memory, GB": (gigabytes, "boot"),
        "CPU of a rollout, in which each pod boots once, hours": (rollout, "boot"),
    }
    for kind in ("errors only", "traces 0.01"):
        cores = {
            name: value * PODS * REQUESTS / 1e6 for name, value in more(request[f"FastAPI, {kind}"]).items()
        }
        lines[f"CPU of requests, FastAPI, {kind}, cores"] = (cores, "cpu")
    probes = {BY_HAND: 0.0, **{name: max(value, 0) * PODS / 6e4 for name, value in children.items()}}
    del probes[BARE]
    lines["CPU of one more Python a minute in each pod (a probe, a script), cores"] = (probes, "idle")
    return lines


def page() -> str:
    """Return the whole page."""
    rows = [
        f"| more than without | {' | '.join(VARIANTS)} | measured by |",
        "|---" * (len(VARIANTS) + 2) + "|",
    ]
    for what, (values, part) in running().items():
        numbers = " | ".join(f"{values[name]:,.{0 if values[name] >= 20 else 1}f}" for name in VARIANTS)
        rows.append(f"| {what} | {numbers} | `python -m tests.benchmarks {part}` |")
    small = more(of("Boot to the first response, minimal environment", "MB"))
    delivery = DELIVERY.format(
        pods=PODS,
        nodes=NODES,
        small_by_hand=small[BY_HAND],
        small_ours=small[OURS],
        compressed=COMPRESSED,
        by_node=COMPRESSED * NODES / 1e3,
        wheels=WHEELS,
        by_pod=WHEELS * PODS / 1e3,
        disk=DISK,
        node=DISK * NODES / 1e3,
        pod=DISK * PODS / 1e3,
        installed=INSTALLED,
        pip=INSTALLED * PODS / 1e3,
    )
    return INTRODUCTION.format(pods=PODS, requests=REQUESTS) + "\n".join(rows) + "\n" + delivery


if __name__ == "__main__":
    if "--check" in sys.argv:
        sys.exit(TARGET.read_text("utf-8") != page() and "run: python docs/generate_fleet_costs.py")
    TARGET.write_text(page(), "utf-8")
