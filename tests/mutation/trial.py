"""Run the tests that may notice a mutant: `python -m tests.mutation.trial STAGES FILE [files of tests]`.

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
STAGES = ("quick tests", "other default tests", "slow tests")
_NO_TESTS = 5  # pytest's exit status


def stages(path: str, files: list[str]) -> Iterator[tuple[str, list[str]]]:
    """Yield the name of each stage, and pytest's arguments, by a file and the tests that run its line."""
    if files:
        yield STAGES[0], ["-m", "quick", *files]
        yield STAGES[1], ["-m", "not slow and not matrix and not quick", *files]
    table = tomllib.loads(Path(__file__).with_name("tests.toml").read_text())
    for each in table[max((key for key in table if path.startswith(key)), key=len)]["slow"]:
        file, _, name = each.partition(" -k ")
        yield STAGES[2], ["-m", "slow or matrix", file, *(["-k", name] if name else [])]


def main(depth: str, path: str, *files: str) -> int:
    """Return 1 as soon as a test has failed."""
    for name, arguments in stages(path, list(files)):
        if name not in STAGES[: int(depth)]:
            continue
        command = [sys.executable, "-m", "pytest", "-q", "-x", "-n0", "-p", "no:cacheprovider", *arguments]
        result = subprocess.run(command, check=False)
        if result.returncode not in (0, _NO_TESTS):
            print(NOTICED + name)
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
