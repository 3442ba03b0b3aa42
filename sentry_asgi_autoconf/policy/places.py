"""Where policies may be: of an installed distribution, of a file that a variable names, of the machine."""

from __future__ import annotations

import os
from typing import Any, Mapping, NamedTuple, Sequence

from sentry_asgi_autoconf import entry_points

VARIABLE = "SENTRY_ASGI_POLICY"
# An image's own: whoever sets the environment of a service cannot take it away by accident.
MACHINE = "/etc/sentry-asgi-autoconf/policy.toml"


class Places(NamedTuple):
    """Where there are policies, valid or not."""

    unreadable: Sequence[str]  # distributions with malformed metadata that mentions policies
    entry_points: Sequence[Any]
    named_file: str
    is_on_machine: bool

    def __bool__(self) -> bool:
        """Whether there is one."""
        return any(self)


def find(environ: Mapping[str, str]) -> Places:
    """Look for policies of distributions, of the file that the variable names, and of the machine."""
    return Places(
        entry_points.unreadable(entry_points.POLICIES),
        entry_points.in_group(entry_points.POLICIES),
        environ.get(VARIABLE, "").strip(),
        _is_on_machine(),
    )


def _is_on_machine() -> bool:
    """Whether the machine has a policy, or may have one."""
    try:
        os.lstat(MACHINE)
    except (FileNotFoundError, NotADirectoryError):
        return False
    except OSError:  # there may be one, which must not be passed over
        return True
    return True
