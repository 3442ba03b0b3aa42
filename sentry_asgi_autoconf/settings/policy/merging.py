"""Make one policy of several: the later one wins in what it sets, the stricter one in what it limits."""

from __future__ import annotations

from typing import Sequence

from sentry_asgi_autoconf.exceptions import AutoconfError, ContradictingPoliciesError
from sentry_asgi_autoconf.limits import Limit
from sentry_asgi_autoconf.settings.candidate import Candidate
from sentry_asgi_autoconf.settings.keys import Table
from sentry_asgi_autoconf.settings.policy.terms import NO_POLICY, Policy
from sentry_asgi_autoconf.shown_values import printable


def merged(policies: Sequence[Policy]) -> Policy:
    """Give the one policy that these are together, lowest first."""
    policy = NO_POLICY
    for higher in policies:
        warnings = [*policy.warnings, *higher.warnings, *_contradictions(policy.enforced, higher.enforced)]
        policy = Policy(
            [*policy.names, *higher.names],
            _over(policy.defaults, higher.defaults),
            _over(policy.enforced, higher.enforced),
            _limits(policy.limits, higher.limits),
            [*policy.errors, *higher.errors],
            warnings,
        )
    return policy._replace(warnings=[*policy.warnings, *_impossible(policy.limits)])


def _over(lower: Table, higher: Table) -> Table:
    return Table(*({**below, **above} for below, above in zip(lower, higher)))


def _limits(lower: dict[str, Limit], higher: dict[str, Limit]) -> dict[str, Limit]:
    both = {name: lower[name].and_also(higher[name]) for name in lower if name in higher}
    return {**lower, **higher, **both}


def _contradictions(lower: Table, higher: Table) -> list[AutoconfError]:
    return [
        _contradiction(below[name], above[name])
        for below, above in zip(lower, higher)
        for name in below
        if name in above and below[name].value != above[name].value
    ]


def _contradiction(lower: Candidate, higher: Candidate) -> AutoconfError:
    there = printable(str(lower.origin), 200)
    here = printable(str(higher.origin), 200)
    return ContradictingPoliciesError(
        f"{there} and {here} enforce different values: the latter applies",
        remedy="Let one of them give way.",
    )


def _impossible(limits: dict[str, Limit]) -> list[AutoconfError]:
    return [
        ContradictingPoliciesError(
            f"the limits of {name} leave no value: {printable(str(limit), 400)}",
            remedy="Widen one of them; until then the ceiling applies, and of texts nothing is allowed.",
        )
        for name, limit in limits.items()
        if limit.contradicts_itself
    ]
