"""Write the page of the documentation."""

from __future__ import annotations

from collections import Counter
from typing import Iterator, Sequence

from tests.coverage.reasons import reasons
from tests.mutation.results import SURVIVED, SURVIVORS, Result
from tests.mutation.trial import STAGES

INTRODUCTION = """\
# Mutation tests

<!-- Written by python -m tests.mutation: run that, or change tests/mutation/survivors.toml, not this file. -->

Whether the tests would notice a small defect: a comparison turned round, a condition negated, a number that is one
more, a loop that does nothing. [Cosmic Ray](https://cosmic-ray.readthedocs.io) puts one at a time into a copy of the
package, in the settings, policies, SDK, serving, flushing and servers' adapters, at places that are drawn at random,
and the tests run until one fails: first the default tests that run its line, which coverage has found, then slow ones
and parts of the matrix, as `tests/mutation/tests.toml` says.

None is drawn that changes nothing for sure: of annotations, of whether an argument may be given by its position, or
`is` for `==`, as Python keeps texts of the code and classes once.

```console
$ pip install -e '.[mutation]'
$ python -m tests.mutation               # 300 of them: hours; it goes on where it was ended
$ python -m tests.mutation --sample 40   # the first of these
$ python -m tests.mutation --depth 1     # with the quick tests alone: first of all 300, then go on with more
```

"""


def render(results: Sequence[Result], size: int, seed: int) -> str:
    """Return the page: how many were noticed, by which tests, and those that were not, by reason."""
    noticed = [each for each in results if not each.survived]
    share = 100 * len(noticed) / max(len(results), 1)
    drawn = f"Of a sample of {size} (seed {seed}), {len(results)} were tried"
    partly = sum(each.survived and each.depth < len(STAGES) for each in results)
    others = f" {partly} of the others were tried with a part of the tests, and are to be tried with all."
    lines = [f"{drawn}: **{len(noticed)} were noticed, {share:.1f} %**.{others if partly else ''}", ""]
    return INTRODUCTION + "\n".join([*lines, *_table(results), "", *_survivors(results)])


def _table(results: Sequence[Result]) -> Iterator[str]:
    ways = [*STAGES, "tests that did not end", SURVIVED]
    yield f"| | mutants | {' | '.join(ways)} |"
    yield f"|---|{'--:|' * (len(ways) + 1)}"
    folders = sorted({each.path.partition("/")[0] for each in results})
    for folder in [*folders, ""]:
        of_folder = [each for each in results if each.path.startswith(folder)]
        counts = Counter(each.noticed_by for each in of_folder)
        numbers = [len(of_folder), *(counts[way] for way in ways)]
        yield f"| {f'`{folder}/`' if folder else '**all**'} | {' | '.join(map(str, numbers))} |"


def _survivors(results: Sequence[Result]) -> Iterator[str]:
    yield "## What none of these tests notices"
    for reason in [*reasons(SURVIVORS), None]:
        found = [each for each in results if each.survived and each.reason == reason]
        if found:
            yield f"\n### {reason.why if reason else 'No reason is known'}\n"
        for each in found:
            tried = f" (no more than {STAGES[each.depth - 1]})" if each.depth < len(STAGES) else ""
            yield f"`{each.path}`, `{each.function}`{tried}:\n\n```diff\n{each.diff}\n```\n"
    yield ""
