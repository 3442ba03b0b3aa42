"""What the layers of one test set options to that take functions, classes and integrations: one of each for a layer."""

from __future__ import annotations

from typing import Any

from sentry_sdk.integrations import Integration


class Hook:
    """Whatever can be called, or can scrub: it leaves its name in what it is given."""

    def __init__(self, name: str) -> None:
        self.name = name

    def __call__(self, data: Any, hint: Any = None) -> Any:
        return {**data, "trail": [*data.get("trail", ()), self.name]}

    def scrub_event(self, event: Any) -> None:
        event.setdefault("trail", []).append(self.name)


class _Nothing(Integration):
    @staticmethod
    def setup_once() -> None:
        """Patch nothing."""


for number in range(8):
    globals()[f"hook{number}"] = Hook(f"hook{number}")
    globals()[f"Integration{number}"] = type(f"Integration{number}", (_Nothing,), {"identifier": str(number)})


def full(context: Any) -> float:
    """Trace everything."""
    return 1.0
