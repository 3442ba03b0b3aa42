"""Explain the settings of an environment: every value, every problem, and whether a server would take them all."""

from __future__ import annotations

import contextlib
import os
import sys
from pathlib import Path
from typing import Mapping, NamedTuple, Sequence

from sentry_asgi_autoconf import entry_points
from sentry_asgi_autoconf.activation import init_arguments, layers
from sentry_asgi_autoconf.cli.config import rows
from sentry_asgi_autoconf.cli.config.env_file import EnvFile
from sentry_asgi_autoconf.cli.config.places import located
from sentry_asgi_autoconf.cli.config.rows import Row
from sentry_asgi_autoconf.exceptions import AutoconfError


class Explanation(NamedTuple):
    """What applies, what is refused, and who else has a say.

    `configurators` are the organisation's functions that may change the options after all of this.
    `followed_imports` says whether import strings were imported.
    """

    rows: Sequence[Row]
    problems: Sequence[AutoconfError]
    warnings: Sequence[AutoconfError]
    policies: Sequence[str]
    configurators: Sequence[str]
    followed_imports: bool

    @property
    def is_valid(self) -> bool:
        """Whether nothing is refused."""
        return not self.problems


def explain(env_file: EnvFile | None, app: str | None, *, follow: bool, all_of_them: bool) -> Explanation:
    """Explain the variables of the file, or of this process, for the app of this import string.

    What import strings and a policy's entry points print goes to stderr.
    """
    environ: Mapping[str, str] = os.environ if env_file is None else env_file.variables
    _find_modules_as_servers_do()
    with contextlib.redirect_stdout(sys.stderr):
        loaded = layers.load(environ, app)
        if follow and env_file is not None:
            os.environ.update(env_file.variables)  # for the app's own modules
        resolved = init_arguments.resolve(loaded, follow=follow)
    found = [
        *rows.of_options(resolved.loaded, all_of_them=all_of_them),
        *rows.of_own(resolved.loaded, all_of_them=all_of_them),
    ]
    file = env_file or EnvFile({}, {}, [])
    return Explanation(
        [row._replace(setting=located(row.setting, file.places)) for row in found],
        [*file.problems, *loaded.problems, *resolved.problems],
        loaded.warnings,
        loaded.policies,
        sorted(str(point.value) for point in entry_points.in_group(entry_points.CONFIGURATORS)),
        follow,
    )


def _find_modules_as_servers_do() -> None:
    """Put the working directory on the import path."""
    directory = str(Path.cwd())
    if directory not in sys.path:
        sys.path.insert(0, directory)
