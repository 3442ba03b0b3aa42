"""Run one suite bare and with this package, and judge what differs."""

from __future__ import annotations

from typing import NamedTuple

from sentry_asgi_autoconf.inbox.server import BackgroundInbox
from tests.conformance import differences, sources
from tests.conformance.differences import Known, Verdict
from tests.conformance.running import Run, Runner
from tests.conformance.suites import Suite
from tests.harness.venvs import venv

# So often are tests run again, by themselves, that do not end as they are known to: some depend on the time that
# they take, and fail now and then bare as well. More than that many are no accident.
_AGAIN = 2
_MOST_ACCIDENTS = 40


class Examination(NamedTuple):
    """The two runs of a suite, and the verdict."""

    suite: Suite
    bare: Run
    here: Run
    verdict: Verdict

    @property
    def was_in_the_path(self) -> bool:
        """Whether the tests met this package at all."""
        return bool(self.here.used("initialised") if self.suite.takes_settings else self.here.arrived)

    def __bool__(self) -> bool:
        """Whether the suite gives what it is known to give."""
        return bool(self.bare.tests) and self.was_in_the_path and bool(self.verdict)


def examine(suite: Suite, inbox: BackgroundInbox) -> Examination:
    """Run the suite twice, and again what ends unexpectedly."""
    runner = Runner(suite, sources.tests_of(suite.distribution), venv(*suite.environment), inbox)
    listed = [known for known in differences.load() if known.suite == suite.name]
    bare, here = runner.run(here=False), runner.run(here=True)
    verdict = _verdict(bare, here, listed)
    for _ in range(_AGAIN):
        doubtful = [test for test in (*verdict.unexpected, *verdict.gone) if test in bare.tests]
        if not 0 < len(doubtful) <= _MOST_ACCIDENTS:
            break
        bare = bare.updated(runner.run(here=False, tests=doubtful))
        here = here.updated(runner.run(here=True, tests=doubtful))
        verdict = _verdict(bare, here, listed)
    return Examination(suite, bare, here, verdict)


def _verdict(bare: Run, here: Run, listed: list[Known]) -> Verdict:
    return differences.judge(differences.between(bare, here), listed, bare)
