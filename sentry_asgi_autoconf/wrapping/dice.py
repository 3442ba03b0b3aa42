"""Draw the number by which a trace is sampled."""

from __future__ import annotations

import os
import random

# Not the app's, whose numbers may have to come out the same. The system's would cost a call of it each.
_generator = random.Random()
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_generator.seed)


def draw() -> int:
    """Give a number from 0 to 999,999."""
    return int(_generator.random() * 1_000_000)
