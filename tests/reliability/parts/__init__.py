"""The parts, in the order in which they are run and shown.

Each is a module: the first line of its docstring is its title, and `rows` yields what it finds, at a scale. Figures of
these names are summed up over all parts: see `overview.SUMMED`.
"""

from __future__ import annotations

from types import ModuleType

from tests.reliability.parts import forks, fuzz, kills, load, memory, odd, transport

PARTS: dict[str, ModuleType] = {
    "transport": transport,
    "memory": memory,
    "load": load,
    "kills": kills,
    "forks": forks,
    "odd": odd,
    "fuzz": fuzz,
}
