"""Check what only the installed SDK and imports can tell."""

from __future__ import annotations

from typing import Any, Mapping, NamedTuple, Sequence

from sentry_asgi_autoconf.enforcement import Enforcement, nothing_leaves
from sentry_asgi_autoconf.exceptions import (
    AutoconfError,
    InvalidPolicyError,
    UnresolvedImportError,
    UnsupportedOptionError,
)
from sentry_asgi_autoconf.origin import Origin
from sentry_asgi_autoconf.references import ImportReference, IntegrationReference
from sentry_asgi_autoconf.sdk import options as init_options
from sentry_asgi_autoconf.settings.loading import Loaded


class Checked(NamedTuple):
    """What the installed SDK takes: options that it does not, problems, and what holds if a policy's is one of them."""

    left_out: Sequence[str]
    problems: Sequence[AutoconfError]
    enforcement: Enforcement


def check(loaded: Loaded, *, follow: bool) -> Checked:
    """Check options and what a policy enforces of them; import strings are imported if `follow`."""
    enforcement = loaded.enforcement
    own = {name: value for name, value in loaded.options.items() if name not in enforcement.values}
    left_out, problems = _built(own, loaded.sources, follow)
    enforced = {**enforcement.values, **enforcement.hooks}
    lacking, doubts = _built(enforced, enforcement.origins, follow)
    grave = [doubt for doubt in doubts if not isinstance(doubt, UnsupportedOptionError)]
    if grave:
        return Checked(left_out, [*problems, *map(_of_policy, grave)], nothing_leaves())
    return Checked([*left_out, *lacking], [*problems, *doubts], enforcement)


def _of_policy(doubt: AutoconfError) -> AutoconfError:
    return InvalidPolicyError(doubt.what, remedy=f"{doubt.remedy} Until then nothing leaves a process.")


def _built(
    options: Mapping[str, Any], sources: Mapping[str, Origin], follow: bool
) -> tuple[list[str], list[AutoconfError]]:
    """Give the options that are left out, and the problems."""
    given = options if follow else {name: _as_text(value) for name, value in options.items()}
    arguments, problems = init_options.build(given, sources)
    left_out = [name for name in options if name not in arguments]
    if follow:
        return left_out, problems
    # With no import string left, these are of integrations whose library is missing here, not where it is deployed.
    return left_out, [problem for problem in problems if not isinstance(problem, UnresolvedImportError)]


def _as_text(value: Any) -> Any:
    """Give a value that leads to no import but of the SDK's own integrations."""
    if isinstance(value, ImportReference):
        return str(value)
    if isinstance(value, list):
        return [_as_text(item) for item in value if not _is_foreign_integration(item)]
    return value


def _is_foreign_integration(value: Any) -> bool:
    return isinstance(value, IntegrationReference) and value.is_import_string
