"""Read each policy there is: of installed distributions, of the file that a variable names, of the machine."""

from __future__ import annotations

import json
import os
from typing import Any, Iterator, Mapping

from sentry_asgi_autoconf import entry_points
from sentry_asgi_autoconf.exceptions import InvalidPolicyError, UnresolvedImportError
from sentry_asgi_autoconf.references import guarded
from sentry_asgi_autoconf.settings.policy import document
from sentry_asgi_autoconf.settings.policy.places import MACHINE, VARIABLE, machine_has_one
from sentry_asgi_autoconf.settings.policy.terms import Policy, unreadable
from sentry_asgi_autoconf.settings.toml_file import TomlFile, reason
from sentry_asgi_autoconf.shown_values import printable, shown

_REMEDY = "Correct it; until then nothing leaves this process."


def read_all(environ: Mapping[str, str]) -> Iterator[Policy]:
    """Give each policy, lowest first."""
    for distribution in entry_points.unreadable(entry_points.POLICIES):
        yield _unknown(f"the metadata of {printable(distribution)}, which declares a policy, cannot be read")
    for point in entry_points.in_group(entry_points.POLICIES):
        yield _of_entry_point(point)
    named = environ.get(VARIABLE, "").strip()
    if named:
        yield _of_file(named, f"policy {VARIABLE}={shown(named, 200)}")
    if machine_has_one():
        yield _of_file(MACHINE, f"policy {MACHINE}")


def _of_entry_point(point: Any) -> Policy:
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
        tables = guarded(lambda: json.loads(json.dumps(found, default=dict)), f"reading what {value} gives")
    except UnresolvedImportError as error:
        return _unknown(f"the {name} cannot be read: {error.what}")
    return document.read(name, tables, lambda keys: name)


def _of_file(path: str, described: str) -> Policy:
    try:
        file = TomlFile(path)
    except (OSError, ValueError) as error:
        return _unknown(f"the {described} cannot be read: {reason(error)}")
    return document.read(file.path, file.content, file.place)


def _unknown(what: str) -> Policy:
    return unreadable(InvalidPolicyError(what, remedy=_REMEDY))
