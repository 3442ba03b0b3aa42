"""What of all policies applies to this process."""

from __future__ import annotations

from typing import Mapping

from sentry_asgi_autoconf.enforcement import UNKNOWN_POLICY, Enforcement, nothing_leaves
from sentry_asgi_autoconf.settings.candidate import Candidate
from sentry_asgi_autoconf.settings.candidates import choose
from sentry_asgi_autoconf.settings.keys import NOTHING
from sentry_asgi_autoconf.settings.options import SDK_OPTIONS, init_name
from sentry_asgi_autoconf.settings.policy import places
from sentry_asgi_autoconf.settings.policy.terms import CHAINED, NO_POLICY, Policy

_LEAVES_NOBODY_OUT = {"enabled": True, "disabled_servers": [], "excluded_apps": []}


def policy(environ: Mapping[str, str]) -> Policy:
    """Read all policies, and give the one that they are together."""
    if not places.exist(environ):
        return NO_POLICY
    from sentry_asgi_autoconf.settings.policy import merging, reading

    found = merging.merged(list(reading.read_all(environ)))
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
