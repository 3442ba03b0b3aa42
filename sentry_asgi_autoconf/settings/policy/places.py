"""Tell whether there is a policy: of an installed distribution, of a file that a variable names, of the machine."""

from __future__ import annotations

import os
from typing import Mapping

from sentry_asgi_autoconf import entry_points

VARIABLE = "SENTRY_ASGI_POLICY"
# An image's own: whoever sets the environment of a service cannot take it away by accident.
MACHINE = "/etc/sentry-asgi-autoconf/policy.toml"


def exist(environ: Mapping[str, str]) -> bool:
    """Whether there is a policy, valid or not."""
    return (
        bool(environ.get(VARIABLE, "").strip())
        or machine_has_one()
        or bool(entry_points.in_group(entry_points.POLICIES))
        or bool(entry_points.unreadable(entry_points.POLICIES))
    )


def machine_has_one() -> bool:
    """Whether the machine has a policy of its own, or may have one."""
    try:
        os.lstat(MACHINE)
    except (FileNotFoundError, NotADirectoryError):
        return False
    except OSError:  # there may be one, which must not be passed over
        return True
    return True
