"""Make one policy of several: the later one wins in what it sets, the stricter one in what it limits."""

from __future__ import annotations

from typing import Sequence

from sentry_asgi_autoconf.console import printable
from sentry_asgi_autoconf.exceptions import AutoconfError, ContradictingPoliciesError
from sentry_asgi_autoconf.policy.enforcement import UNKNOWN_POLICY, Enforcement, nothing_leaves
from sentry_asgi_autoconf.policy.limits import Limit
from sentry_asgi_autoconf.policy.places import Places
from sentry_asgi_autoconf.policy.terms import CHAINED, NO_POLICY, Policy
from sentry_asgi_autoconf.provenance import Candidate
from sentry_asgi_autoconf.settings.choosing import choose
from sentry_asgi_autoconf.settings.keys import NOTHING, Table
from sentry_asgi_autoconf.settings.options import SDK_OPTIONS, init_name


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


_LEAVES_NOBODY_OUT = {"enabled": True, "disabled_servers": [], "excluded_apps": []}


def policy(places: Places) -> Policy:
    """Read all policies, and return the one that they are together."""
    if not places:
        return NO_POLICY
    from sentry_asgi_autoconf.policy import reading

    found = merged(list(reading.read_all(places)))
    if not found.is_unknown:
        return found
    # What is half understood sets nothing, but that nobody is left out of it.
    own = {field: Candidate(value, UNKNOWN_POLICY) for field, value in _LEAVES_NOBODY_OUT.items()}
    return found._replace(defaults=NOTHING, enforced=NOTHING._replace(own=own), limits={})


def enforcement(policy: Policy) -> Enforcement:
    """Give what the policy does not leave to anybody."""
    if policy.is_unknown:
        return nothing_leaves()
    if not policy.enforced.options and not policy.enforced.further and not policy.limits:
        return Enforcement()
    given = policy.enforced.options
    checked = choose(SDK_OPTIONS, [given]).values
    values = {init_name(field): value for field, value in checked.items() if field not in CHAINED}
    values.update({name: candidate.value for name, candidate in policy.enforced.further.items()})
    return Enforcement(
        values,
        {field: value for field, value in checked.items() if field in CHAINED},
        policy.limits,
        {
            **{init_name(field): candidate.origin for field, candidate in given.items()},
            **{name: candidate.origin for name, candidate in policy.enforced.further.items()},
        },
    )
