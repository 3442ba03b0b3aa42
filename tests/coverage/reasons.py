"""Tell why no test reaches a block, by `reasons.toml`: the first reason of which a pattern matches."""

from __future__ import annotations

import re
import sys
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

from tests.coverage.unreached import Block

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib


class Reason(NamedTuple):
    """A sentence, and the patterns of what it is for: of path and function, or of the lines that open the block."""

    why: str
    paths: tuple[str, ...]
    text: tuple[str, ...]

    def is_for(self, block: Block) -> bool:
        """Return whether a pattern matches."""
        where = f"{block.path} {block.function}"
        return any(re.match(path, where) for path in self.paths) or any(
            re.search(text, block.opening, re.MULTILINE) for text in self.text
        )


REASONS = Path(__file__).with_name("reasons.toml")


@lru_cache(maxsize=None)
def reasons(file: Path = REASONS) -> list[Reason]:
    """Return all of a file, in the order in which they are tried."""
    read = tomllib.loads(file.read_text())["reason"]
    return [Reason(each["why"], tuple(each.get("paths", ())), tuple(each.get("text", ()))) for each in read]


def reason_of(block: Block) -> Reason | None:
    """Return the block's reason."""
    return next((reason for reason in reasons() if reason.is_for(block)), None)


def unexplained(blocks: list[Block]) -> list[Block]:
    """Return the blocks that have no reason."""
    return [block for block in blocks if not reason_of(block)]
