"""Read each policy there is: of installed distributions, of the file that a variable names, of the machine."""

from __future__ import annotations

import json
import os
from typing import Any, Iterator

from sentry_asgi_autoconf.console import printable, shown
from sentry_asgi_autoconf.exceptions import InvalidPolicyError, UnresolvedImportError
from sentry_asgi_autoconf.import_strings import guarded
from sentry_asgi_autoconf.policy import document
from sentry_asgi_autoconf.policy.places import MACHINE, VARIABLE, Places
from sentry_asgi_autoconf.policy.terms import Policy, unreadable
from sentry_asgi_autoconf.settings.toml_file import TomlFile, reason

_REMEDY = "Correct it; until then nothing leaves this process."


def read_all(places: Places) -> Iterator[Policy]:
    """Yield each policy, lowest first."""
    for distribution in places.unreadable:
        yield _unknown(f"the metadata of {printable(distribution)}, which declares a policy, cannot be read")
    for point in places.entry_points:
        yield _of_entry_point(point)
    if places.named_file:
        yield _of_file(places.named_file, f"policy {VARIABLE}={shown(places.named_file, 200)}")
    if places.is_on_machine:
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
