"""What became of a mutant, and why one that no test has noticed need not be, by `survivors.toml`."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple, Sequence

from tests.coverage.reasons import Reason, reasons
from tests.coverage.unreached import Block
from tests.mutation.trial import STAGES

SURVIVED = "no test"
SURVIVORS = Path(__file__).with_name("survivors.toml")


class Result(NamedTuple):
    """Where a mutant was, which tests have noticed it, the lines that it has changed, and how many stages were run."""

    path: str
    function: str
    noticed_by: str
    diff: str
    depth: int = len(STAGES)

    @property
    def where(self) -> str:
        """The file, and the function in it."""
        return f"{self.path} {self.function}"

    @property
    def survived(self) -> bool:
        """Whether no test has noticed it, of those that were tried."""
        return self.noticed_by == SURVIVED

    @property
    def reason(self) -> Reason | None:
        """Why no test need notice it."""
        block = Block(self.path, self.function, (), self.diff)
        return next((reason for reason in reasons(SURVIVORS) if reason.is_for(block)), None)


def unexplained(results: Sequence[Result]) -> list[Result]:
    """Return those that no test has noticed, and that have no reason."""
    return [each for each in results if each.survived and each.reason is None]
