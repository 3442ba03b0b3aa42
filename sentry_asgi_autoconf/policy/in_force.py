"""The policy in force: find the policies there are, read each, make one of them, and apply it.

They are of installed distributions, of the file that a variable names, and of the machine. The later one wins in what
it sets, the stricter one in what it limits.
"""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Any, Iterator, Mapping, NamedTuple, Sequence

from sentry_asgi_autoconf import entry_points
from sentry_asgi_autoconf.console import printable, shown
from sentry_asgi_autoconf.exceptions import AutoconfError, ContradictingPoliciesError, InvalidPolicyError
from sentry_asgi_autoconf.policy.enforcement import BLOCKING, NO_POLICY, UNREADABLE, Enforcement, Policy
from sentry_asgi_autoconf.provenance import Candidate
from sentry_asgi_autoconf.settings.sources import NOTHING, Table

if TYPE_CHECKING:
    from sentry_asgi_autoconf.policy.enforcement import Refusal
    from sentry_asgi_autoconf.policy.limits import Limit

VARIABLE = "SENTRY_ASGI_POLICY"
# An image's own: whoever sets the environment of a service cannot take it away by accident.
MACHINE = "/etc/sentry-asgi-autoconf/policy.toml"
_LEAVES_NOBODY_OUT = {"enabled": True, "disabled_servers": [], "excluded_apps": []}


class Places(NamedTuple):
    """Where there are policies, valid or not."""

    unreadable: Sequence[str]  # distributions with malformed metadata that mentions policies
    entry_points: Sequence[Any]
    named_file: str
    is_on_machine: bool

    def __bool__(self) -> bool:
        return any(self)


def find(environ: Mapping[str, str]) -> Places:
    """Look for policies of distributions, of the file that the variable names, and of the machine."""
    group, named = entry_points.POLICIES, environ.get(VARIABLE, "").strip()
    return Places(entry_points.unreadable(group), entry_points.in_group(group), named, _may_be_on_machine())


def _may_be_on_machine() -> bool:
    try:
        os.lstat(MACHINE)
    except OSError as error:  # unless it says so, there may be one, which must not be passed over
        return not isinstance(error, (FileNotFoundError, NotADirectoryError))
    return True


def policy(places: Places) -> Policy:
    """Read all policies, and return the one that they are together."""
    if not places:
        return NO_POLICY
    found = _merged(_read_all(places))
    if not found.is_unreadable:
        return found
    # What is half understood sets nothing, but that nobody is left out of it.
    own = {field: Candidate(value, UNREADABLE) for field, value in _LEAVES_NOBODY_OUT.items()}
    return found._replace(defaults=NOTHING, enforced=NOTHING._replace(own=own), limits={})


def _read_all(places: Places) -> Iterator[Policy]:
    for distribution in places.unreadable:  # lowest first
        metadata = f"the metadata of {printable(distribution)}"
        yield _unreadable(f"{metadata}, which declares a policy, cannot be read")
    yield from map(_of_entry_point, places.entry_points)
    if places.named_file:
        yield _of_file(places.named_file, f"policy {VARIABLE}={shown(places.named_file, 200)}")
    if places.is_on_machine:
        yield _of_file(MACHINE, f"policy {MACHINE}")


def _of_entry_point(point: Any) -> Policy:
    from sentry_asgi_autoconf.exceptions import UnresolvedImportError
    from sentry_asgi_autoconf.import_strings import guarded
    from sentry_asgi_autoconf.policy import document

    value = printable(str(point.value))
    name = f"policy {printable(str(point.name))} ({value})"
    try:
        found = guarded(point.load, f"loading {value}")
        if callable(found):
            found = guarded(found, f"calling {value}")
        if isinstance(found, (str, os.PathLike)):
            path = guarded(lambda: os.fsdecode(found), f"reading what {value} gives")
            return _of_file(path, f"{name}, {printable(path, 200)}")
        # As plain data, which nobody changes any more.
        text = guarded(lambda: json.dumps(found, default=dict), f"reading what {value} gives")
    except UnresolvedImportError as error:
        return _unreadable(f"the {name} cannot be read: {error.what}")
    return document.read(name, json.loads(text), lambda keys: name, text)


def _of_file(path: str, described: str) -> Policy:
    from sentry_asgi_autoconf.policy import document
    from sentry_asgi_autoconf.settings.files import TomlFile, reason

    try:
        file = TomlFile(path)
    except (OSError, ValueError) as error:
        return _unreadable(f"the {described} cannot be read: {reason(error)}")
    return document.read(file.path, file.content, file.place, file.text)


def _unreadable(what: str) -> Policy:
    error = InvalidPolicyError(what, remedy="Correct it; until then nothing leaves this process.")
    return NO_POLICY._replace(errors=[error])


def _merged(policies: Iterator[Policy]) -> Policy:
    merged = NO_POLICY
    for higher in policies:
        merged = Policy(
            [*merged.names, *higher.names],
            _over(merged.defaults, higher.defaults),
            _over(merged.enforced, higher.enforced),
            _both(merged.limits, higher.limits),
            [*merged.errors, *higher.errors],
            [*merged.warnings, *_contradictions(merged.enforced, higher.enforced)],
        )
    return merged._replace(warnings=[*merged.warnings, *_impossible(merged.limits)])


def _over(lower: Table, higher: Table) -> Table:
    return Table(*({**below, **above} for below, above in zip(lower, higher)))


def _both(lower: Mapping[str, Limit], higher: Mapping[str, Limit]) -> dict[str, Limit]:
    shared = {name: lower[name].and_also(higher[name]) for name in lower if name in higher}
    return {**lower, **higher, **shared}


def _contradictions(lower: Table, higher: Table) -> Iterator[AutoconfError]:
    for below, above in zip(lower, higher):
        for name in below:
            if name in above and below[name].value != above[name].value:
                there, here = (printable(str(each[name].origin), 200) for each in (below, above))
                what = f"{there} and {here} enforce different values: the latter applies"
                yield ContradictingPoliciesError(what, remedy="Let one of them give way.")


def _impossible(limits: Mapping[str, Limit]) -> Iterator[AutoconfError]:
    for name, limit in limits.items():
        if limit.contradicts_itself:
            what = f"the limits of {name} leave no value: {printable(str(limit), 400)}"
            remedy = "Widen one of them; until then the ceiling applies, and of texts nothing is allowed."
            yield ContradictingPoliciesError(what, remedy=remedy)


def enforced_by(policy: Policy) -> Enforcement:
    """Return what the policy does not leave to anybody."""
    if policy.is_unreadable:
        return BLOCKING
    if not policy.enforced.options and not policy.enforced.further and not policy.limits:
        return Enforcement()
    from sentry_asgi_autoconf.policy.enforcement import CHAINED
    from sentry_asgi_autoconf.settings.options import SDK_OPTIONS, init_name
    from sentry_asgi_autoconf.settings.sources import choose

    checked = choose(SDK_OPTIONS, [policy.enforced.options]).values
    further = policy.enforced.further
    values = {init_name(field): value for field, value in checked.items() if field not in CHAINED}
    values.update({name: candidate.value for name, candidate in further.items()})
    hooks = {field: value for field, value in checked.items() if field in CHAINED}
    origins = {init_name(field): given.origin for field, given in policy.enforced.options.items()}
    origins.update({name: candidate.origin for name, candidate in further.items()})
    return Enforcement(values, hooks, policy.limits, origins)


def apply_policy(
    wanted: Mapping[str, Any], otherwise: Mapping[str, Any], enforcement: Enforcement
) -> tuple[dict[str, Any], list[Refusal]]:
    """Return the arguments as the policy allows them; one that is not permitted gives way to that of `otherwise`."""
    if enforcement:
        from sentry_asgi_autoconf.policy import constraints

        return constraints.apply(wanted, otherwise, enforcement)
    arguments = dict(wanted)
    if arguments.get("enable_tracing") is True and arguments.get("traces_sample_rate") is None:
        arguments["traces_sample_rate"] = 1.0  # as the SDK would read it
    return arguments, []
