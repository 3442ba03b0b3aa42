"""Run the tests that may notice a mutant, nearest first: `python -m tests.mutation.trial FILE STAGES`.

In the copy of the tree that has the mutant, as many stages as are wanted. The last line says which has noticed it.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Iterator

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

NOTICED = "noticed by the "
STAGES = ("quick tests", "default tests of its folder", "other default tests", "slow tests")
_NO_TESTS = 5  # pytest's exit status
_DEFAULT = "not slow and not matrix"


def stages(path: str) -> Iterator[tuple[str, list[str]]]:
    """Yield the name of each stage, and pytest's arguments, for a file of the package."""
    table = tomllib.loads(Path(__file__).with_name("tests.toml").read_text())
    rules = table[max((key for key in table if path.startswith(key)), key=len)]
    near, others, slow = (rules.get(key, []) for key in ("near", "others", "slow"))
    yield STAGES[0], ["-m", "quick", *near]
    yield STAGES[1], ["-m", f"{_DEFAULT} and not quick", *near]
    yield STAGES[2], ["-m", _DEFAULT, *others]
    for each in slow:
        file, _, name = each.partition(" -k ")
        yield STAGES[3], ["-m", "slow or matrix", file, *(["-k", name] if name else [])]


def main(path: str, depth: str) -> int:
    """Return 1 as soon as a test has failed."""
    for name, arguments in stages(path):
        if not arguments[2:] or name not in STAGES[: int(depth)]:
            continue
        command = [sys.executable, "-m", "pytest", "-q", "-x", "-n0", "-p", "no:cacheprovider", *arguments]
        result = subprocess.run(command, check=False)
        if result.returncode not in (0, _NO_TESTS):
            print(NOTICED + name)
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
