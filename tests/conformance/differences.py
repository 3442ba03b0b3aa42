"""How the outcomes of a suite differ, and which of the differences are known."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import Iterator, Mapping, NamedTuple

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

from tests.conformance.running import Outcome, Run

FILE = Path(__file__).parent / "differences.toml"
_MISSING = Outcome("missing")


class Known(NamedTuple):
    """Tests of a suite that end differently with this package, and why. `*` in a test's id stands for anything."""

    suite: str
    tests: tuple[str, ...]
    reason: str

    def names(self, test: str) -> bool:
        """Whether it is about this test."""
        return any(_matches(pattern, test) for pattern in self.tests)


class Difference(NamedTuple):
    """How a test ends bare, and how with this package."""

    bare: Outcome
    here: Outcome


class Verdict(NamedTuple):
    """What differs as it is known to, what differs that is not known to, and what is known to differ and does not."""

    known: dict[str, Known]
    unexpected: dict[str, Difference]
    gone: dict[str, Known]

    def __bool__(self) -> bool:
        """Whether all is as it is known to be."""
        return not (self.unexpected or self.gone)


def load(file: Path = FILE) -> list[Known]:
    """Read the list that is committed."""
    entries = tomllib.loads(file.read_text(encoding="utf-8")).get("difference", [])
    return [
        Known(entry["suite"], tuple(entry["tests"]), " ".join(entry["reason"].split())) for entry in entries
    ]


def between(bare: Run, here: Run) -> dict[str, Difference]:
    """Return the tests that end differently."""
    names = sorted({*bare.tests, *here.tests})
    both = {
        name: Difference(bare.tests.get(name, _MISSING), here.tests.get(name, _MISSING)) for name in names
    }
    return {name: found for name, found in both.items() if found.bare.ended != found.here.ended}


def judge(found: Mapping[str, Difference], listed: list[Known], bare: Run) -> Verdict:
    """Compare what was found with the entries of the suite: all tests that an entry names have to differ."""
    known = {test: entry for test in found for entry in listed if entry.names(test)}
    unexpected = {test: difference for test, difference in found.items() if test not in known}
    return Verdict(known, unexpected, dict(_gone(found, listed, bare)))


def _gone(found: Mapping[str, Difference], listed: list[Known], bare: Run) -> Iterator[tuple[str, Known]]:
    for entry in listed:
        for pattern in entry.tests:
            named = [test for test in bare.tests if _matches(pattern, test)]
            # A pattern that names no test at all stands for itself.
            yield from ((test, entry) for test in named or [pattern] if test not in found)


def _matches(pattern: str, test: str) -> bool:
    return bool(re.fullmatch(".*".join(map(re.escape, pattern.split("*"))), test, re.DOTALL))
