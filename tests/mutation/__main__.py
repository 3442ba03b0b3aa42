"""Put small defects into the package, one at a time, and see which the tests notice: `python -m tests.mutation`.

It needs Cosmic Ray, `pip install -e '.[mutation]'`, and works on a copy of the tree with an environment of its own. A
mutant is tried once: the next run goes on where one was ended, and tries anew what the lines that have changed make of
the sample. With `--again`, those that no test has noticed are tried again; with a smaller `--depth`, each is tried with
fewer tests. Writes `docs/mutation.md`.
"""

from __future__ import annotations

import argparse
import contextlib
import hashlib
import json
import os
import shlex
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

from tests.mutation import mutants
from tests.mutation.mutants import FOLDERS, PACKAGE, Mutant, sample
from tests.mutation.page import render
from tests.mutation.reach import Reach, measure
from tests.mutation.results import SURVIVED, Result, unexplained
from tests.mutation.trial import NOTICED, STAGES

ROOT = Path(__file__).parents[2]
CACHE = ROOT / ".cache" / "mutation"
TREE, ENVIRONMENT, RESULTS = CACHE / "tree", CACHE / "venv", CACHE / "results.json"
PAGE = ROOT / "docs" / "mutation.md"
# In the environment of all that a trial starts, by which what it leaves is found.
_MARK = "ASGI_AUTOCONF_MUTATION"
_PATIENCE = 3600.0  # seconds: a mutant that keeps a test from ending is noticed


def main() -> int:
    """Return 1 if a mutant that no test has noticed has no reason."""
    parser = argparse.ArgumentParser(prog="python -m tests.mutation", description=__doc__)
    parser.add_argument("--sample", type=int, default=300, help="how many mutants (default: 300)")
    parser.add_argument("--seed", type=int, default=12, help="by which they are drawn (default: 12)")
    parser.add_argument("--most", type=int, default=None, help="try no more than these, and stop")
    parser.add_argument("--again", action="store_true", help="try those again that no test has noticed")
    depths = ", ".join(f"{number} {name}" for number, name in enumerate(STAGES, 1))
    parser.add_argument("--depth", type=int, default=len(STAGES), help=f"how far: {depths} (default)")
    arguments = parser.parse_args()
    copy_tree()
    drawn, reach = _drawn(arguments.sample, arguments.seed), reached()
    results = _known()
    pending = [each for each in drawn if _is_to_be_tried(results.get(each.name), arguments)]
    for mutant in pending[: arguments.most]:
        result = try_out(mutant, reach, arguments.depth)
        results[mutant.name] = result
        RESULTS.write_text(json.dumps({name: each._asdict() for name, each in results.items()}, indent=1))
        print(f"{result.noticed_by}: {mutant.name}", flush=True)
    tried = [results[mutant.name] for mutant in drawn if mutant.name in results]
    PAGE.write_text(render(tried, len(drawn), arguments.seed))
    without_reason = unexplained(tried)
    for found in without_reason:
        print(f"no reason: {found.where}\n{found.diff}")
    return bool(without_reason)


def copy_tree() -> None:
    """Bring the copy up to date, with an environment in which the copy is what is installed."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    shutil.rmtree(TREE, ignore_errors=True)
    for name in filter(None, listed.stdout.split("\0")):
        if (ROOT / name).is_file():
            (TREE / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, TREE / name)
    if not (ENVIRONMENT / "complete").exists():
        subprocess.run([sys.executable, "-m", "venv", "--clear", str(ENVIRONMENT)], check=True)
        pip = [str(ENVIRONMENT / "bin" / "python"), "-m", "pip", "install", "--quiet"]
        subprocess.run([*pip, "-e", f"{TREE}[test]"], check=True)
        (ENVIRONMENT / "complete").touch()


def reached() -> Reach:
    """Return which tests run which line, as measured in the copy."""
    return measure(TREE, ENVIRONMENT / "bin" / "python", CACHE)


def _drawn(size: int, seed: int) -> list[Mutant]:
    """Return the sample, which takes minutes to draw, and is kept for as long as nothing it depends on changes."""
    of_package = [path for folder in FOLDERS for path in sorted((TREE / PACKAGE / folder).rglob("*.py"))]
    sources = [path.read_bytes() for path in (Path(mutants.__file__), *of_package)]
    key = hashlib.sha256(b"\0".join([b"%d %d" % (size, seed), *sources])).hexdigest()[:16]
    kept = CACHE / f"sample-{key}.json"
    if not kept.exists():
        kept.write_text(json.dumps(sample(TREE, size, seed)))
    return [Mutant(*fields) for fields in json.loads(kept.read_text())]


def _known() -> dict[str, Result]:
    """Return what is known by the mutants' names."""
    read = json.loads(RESULTS.read_text()) if RESULTS.exists() else {}
    return {name: Result(**fields) for name, fields in read.items()}


def _is_to_be_tried(known: Result | None, arguments: argparse.Namespace) -> bool:
    if known is None or not known.survived:
        return known is None
    return bool(arguments.again) or known.depth < arguments.depth


def try_out(mutant: Mutant, reach: Reach, depth: int) -> Result:
    """Run so many stages of the tests with the mutant in the copy; return which of them have noticed it."""
    from cosmic_ray.mutating import mutate_and_test
    from cosmic_ray.work_item import MutationSpec

    path = TREE / PACKAGE / mutant.path
    # Where it is, Cosmic Ray knows by the occurrence.
    spec = MutationSpec(path, mutant.operator, mutant.occurrence, (1, 0), (1, 1))
    trial = [str(ENVIRONMENT / "bin" / "python"), "-m", "tests.mutation.trial"]
    command = [*trial, str(depth), mutant.path, *reach.files(mutant.path, mutant.rows)]
    os.environ[_MARK] = str(TREE)
    with contextlib.chdir(TREE):  # type: ignore[attr-defined, unused-ignore] # Cosmic Ray needs as new a Python
        found: Any = mutate_and_test([spec], shlex.join(command), _PATIENCE)
    end_what_is_left()
    words = [line for line in (found.output or "").splitlines() if line.startswith(NOTICED)]
    noticed_by = words[-1][len(NOTICED) :] if words else "tests that did not end"
    if found.test_outcome.value == "survived":
        noticed_by = SURVIVED
    changed = [
        line for line in found.diff.splitlines() if line[:1] in "+-" and line[:3] not in ("---", "+++")
    ]
    return Result(mutant.path, mutant.function, noticed_by, "\n".join(changed), depth)


def end_what_is_left() -> None:
    """End the servers of tests that could not end them themselves."""
    mark = f"{_MARK}={TREE}".encode()
    for process in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if int(process.name) != os.getpid() and mark in (process / "environ").read_bytes().split(b"\0"):
                os.kill(int(process.name), signal.SIGKILL)


if __name__ == "__main__":
    sys.exit(main())
