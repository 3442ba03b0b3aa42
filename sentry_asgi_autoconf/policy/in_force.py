"""The policy in force: find the policies there are, read each, make one of them, and apply it.

They are of installed distributions, of the file that a variable names, and of the machine. The later one wins in what
it sets, the stricter one in what it limits.
"""

from __future__ import annotations

import functools
import json
import os
from typing import TYPE_CHECKING, Any, Callable, Iterator, Mapping, NamedTuple, Sequence

from sentry_asgi_autoconf import entry_points
from sentry_asgi_autoconf.console import printable, shown
from sentry_asgi_autoconf.exceptions import AutoconfError, ContradictingPoliciesError, InvalidPolicyError
from sentry_asgi_autoconf.policy.enforcement import (
    BLOCKING,
    NO_POLICY,
    UNREADABLE,
    Enforcement,
    Policy,
    over,
)
from sentry_asgi_autoconf.provenance import Candidate
from sentry_asgi_autoconf.settings.sources import NOTHING, Table

if TYPE_CHECKING:
    from sentry_asgi_autoconf.policy.enforcement import Refusal
    from sentry_asgi_autoconf.policy.limits import Limit
    from sentry_asgi_autoconf.policy.rules import Facts

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


class Source(NamedTuple):
    """One policy that was read, and how it is read again.

    Of a file: its path, what tells this version from others, and whether its last line is complete.
    """

    policy: Policy
    read_again: Callable[[], Source] | None = None
    path: str = ""
    mark: Sequence[object] = ()
    is_whole: bool = True


def together(policies: Sequence[Policy], facts: Callable[[], Facts]) -> Policy:
    """Return the one policy that these are together, as it holds for a process of which `facts` tells."""
    if not policies:
        return NO_POLICY
    if any(each.rules for each in policies):
        known = facts()
        policies = [each.narrowed(known) for each in policies]
    found = _merged(policies)
    if not found.is_unreadable:
        return found
    # What is half understood sets nothing, but that nobody is left out of it.
    own = {field: Candidate(value, UNREADABLE) for field, value in _LEAVES_NOBODY_OUT.items()}
    return found._replace(defaults=NOTHING, enforced=NOTHING._replace(own=own), limits={}, required={})


def read_all(places: Places) -> Iterator[Source]:
    """Read all policies, lowest first."""
    for distribution in places.unreadable:  # lowest first
        metadata = f"the metadata of {printable(distribution)}"
        yield Source(_unreadable(f"{metadata}, which declares a policy, cannot be read"))
    yield from map(_of_entry_point, places.entry_points)
    if places.named_file:
        yield _of_file(places.named_file, f"policy {VARIABLE}={shown(places.named_file, 200)}")
    if places.is_on_machine:
        yield _of_file(MACHINE, f"policy {MACHINE}")


def _of_entry_point(point: Any) -> Source:
    from sentry_asgi_autoconf.exceptions import UnresolvedImportError
    from sentry_asgi_autoconf.import_strings import guarded

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
        text = guarded(lambda: json.dumps(found, default=_plain), f"reading what {value} gives")
    except UnresolvedImportError as error:
        return Source(_unreadable(f"the {name} cannot be read: {error.what}"))
    return _of_json(name, text)


def _of_json(name: str, text: str) -> Source:
    from sentry_asgi_autoconf.policy import document

    policy = document.read(name, json.loads(text), lambda keys: name, text)
    return Source(policy, functools.partial(_of_json, name, text))


def _plain(value: Any) -> Any:
    return value.isoformat() if hasattr(value, "isoformat") else dict(value)


def _of_file(path: str, described: str) -> Source:
    """Read the policy in a file; what is wrong with it is among its errors."""
    from sentry_asgi_autoconf.policy import document
    from sentry_asgi_autoconf.settings.files import TomlFile, reason

    again, mark = functools.partial(_of_file, path, described), mark_of(path)  # before it is read
    try:
        file = TomlFile(path)
    except (OSError, ValueError) as error:
        unreadable = _unreadable(f"the {described} cannot be read: {reason(error)}")
        return Source(unreadable, again, path, mark)
    policy = document.read(file.path, file.content, file.place, file.text)
    return Source(policy, again, path, mark, file.text.endswith("\n"))


def mark_of(path: str) -> Sequence[object]:
    """Return what tells the version of a file that there is from others; a symbolic link is followed."""
    try:
        status = os.stat(path)  # noqa: PTH116 (no pathlib where it is not needed)
    except (OSError, ValueError) as error:
        return (type(error).__name__,)
    changes = (status.st_mtime_ns, status.st_ctime_ns)
    return (status.st_uid, status.st_dev, status.st_ino, status.st_size, *changes)


def _unreadable(what: str) -> Policy:
    error = InvalidPolicyError(what, remedy="Correct it; until then nothing leaves this process.")
    return NO_POLICY._replace(errors=[error])


def _merged(policies: Sequence[Policy]) -> Policy:
    merged = NO_POLICY
    for higher in policies:
        merged = Policy(
            [*merged.names, *higher.names],
            over(merged.defaults, higher.defaults),
            over(merged.enforced, higher.enforced),
            _both(merged.limits, higher.limits),
            [*merged.errors, *higher.errors],
            [*merged.warnings, *_contradictions(merged.enforced, higher.enforced)],
            merged.enabled if merged.pauses else higher.enabled or merged.enabled,
            {**merged.required, **higher.required},
            (),
            min(merged.expires, higher.expires),
            [*merged.notes, *higher.notes],
        )
    return merged._replace(warnings=[*merged.warnings, *_impossible(merged.limits)])


def _both(lower: Mapping[str, Limit], higher: Mapping[str, Limit]) -> dict[str, Limit]:
    shared = {name: lower[name].and_also(higher[name]) for name in lower if name in higher}
    return {**lower, **higher, **shared}


def _contradictions(lower: Table, higher: Table) -> Iterator[AutoconfError]:
    for below, above in zip(lower, higher):
        for name in below:
            if name in above and below[name].value != above[name].value:
                there, here = (printable(str(each[name].origin), 200) for each in (below, above))
                what = f"{there} and {here} enforce different values: the latter applies"
                yield ContradictingPoliciesError(what, remedy="Change or remove one of them.")


def _impossible(limits: Mapping[str, Limit]) -> Iterator[AutoconfError]:
    for name, limit in limits.items():
        if limit.contradicts_itself:
            what = f"the limits of {name} leave no value: {printable(str(limit), 400)}"
            remedy = "Widen one of them; until then the ceiling applies, or no text is allowed."
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
