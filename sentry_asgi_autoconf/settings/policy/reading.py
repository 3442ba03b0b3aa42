"""Read each policy there is: of installed distributions, of the file that a variable names, of the machine."""

from __future__ import annotations

import json
import os
from typing import Any, Iterator

from sentry_asgi_autoconf import entry_points
from sentry_asgi_autoconf.exceptions import InvalidPolicyError, UnresolvedImportError
from sentry_asgi_autoconf.references import guarded
from sentry_asgi_autoconf.settings.policy import document
from sentry_asgi_autoconf.settings.policy.places import MACHINE, VARIABLE, machine_has_one
from sentry_asgi_autoconf.settings.policy.terms import Policy, unreadable
from sentry_asgi_autoconf.settings.toml_file import TomlFile, reason
from sentry_asgi_autoconf.shown_values import printable, shown

_REMEDY = "Correct it; until then nothing leaves this process."


def read_all(named: str | None) -> Iterator[Policy]:
    """Give each policy, lowest first; `named` is the file that the variable names."""
    for distribution in entry_points.unreadable(entry_points.POLICIES):
        yield unreadable(
            InvalidPolicyError(
                f"the metadata of {printable(distribution)}, which declares a policy, cannot be read",
                remedy=_REMEDY,
            )
        )
    for point in sorted(entry_points.in_group(entry_points.POLICIES), key=lambda point: str(point.name)):
        yield _of_entry_point(point)
    if named:
        yield _of_file(named, f"{VARIABLE}={shown(named, 200)}")
    if machine_has_one():
        yield _of_file(MACHINE, MACHINE)


def _of_entry_point(point: Any) -> Policy:
    name = f"policy {printable(str(point.name))} ({printable(str(point.value))})"
    try:
        found = guarded(point.load, f"loading {point.value}")
        if callable(found):
            found = guarded(found, f"calling {point.value}")
        if isinstance(found, (str, os.PathLike)):
            return _of_file(os.fspath(found), name)
        tables = guarded(lambda: json.loads(json.dumps(found)), f"reading what {point.value} gives")
    except UnresolvedImportError as error:
        return unreadable(InvalidPolicyError(f"{name} cannot be read: {error.what}", remedy=_REMEDY))
    return document.read(name, tables, lambda keys: name)


def _of_file(path: str, setting: str) -> Policy:
    try:
        file = TomlFile(path)
    except (OSError, ValueError) as error:
        return unreadable(
            InvalidPolicyError(f"the policy {setting} cannot be read: {reason(error)}", remedy=_REMEDY)
        )
    return document.read(file.path, file.content, lambda keys: file.place(keys))
