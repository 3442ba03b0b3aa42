"""Find the wheels that this package needs, for one Python after the other, with pip and its configuration."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Iterable, Sequence

from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name

from sentry_asgi_autoconf.cli.bundle.distributions import Distribution, read_wheel
from sentry_asgi_autoconf.console import printable
from sentry_asgi_autoconf.exceptions import AutoconfError

# What each target has in common: what is pure needs to know no more.
_TARGET = {
    "implementation_name": "cpython",
    "os_name": "posix",
    "platform_python_implementation": "CPython",
    "platform_system": "Linux",
    "sys_platform": "linux",
    "extra": "",
}
# From Python 3.8 on the standard library's reader serves as well, and what is not in a bundle no app finds there.
_LEFT_OUT = ("importlib-metadata", 8)

Wanted = "dict[str, SpecifierSet]"


class UnresolvedError(AutoconfError):
    """Requirements for which there are no pure wheels, or none that pip finds."""

    slug = "no-pure-wheel"


class Resolver:
    """Resolve the same requirements for several Pythons, each from what was found for the one before."""

    def __init__(self, requirements: Sequence[str], wheelhouse: str | None) -> None:
        """Take wheels from the directory `wheelhouse` alone, if there is one, else from where pip looks."""
        self._requirements = requirements
        self._options = ["--no-index", "--find-links", wheelhouse] if wheelhouse else []
        self._guess: dict[str, SpecifierSet] = {}

    def resolve(self, minor: int) -> dict[str, Distribution]:
        """Return the distributions by name that Python 3.`minor` needs. Raises UnresolvedError, ImpureWheelError."""
        roots = wanted_by(self._requirements, minor)
        for guess in ({**self._guess, **roots}, roots):
            try:
                wanted, found = self._close(guess, minor)
            except UnresolvedError:
                if guess == roots:
                    raise
            else:
                break
        self._guess = wanted
        return found

    def _close(
        self, wanted: dict[str, SpecifierSet], minor: int
    ) -> tuple[dict[str, SpecifierSet], dict[str, Distribution]]:
        """Look at what is found for what more is needed, until nothing is."""
        while True:
            found = self._download(wanted, minor)
            requirements = [*self._requirements, *(each for one in found.values() for each in one.requires)]
            needed = wanted_by(requirements, minor)
            if needed == wanted:
                return wanted, found
            wanted = needed

    def _download(self, wanted: dict[str, SpecifierSet], minor: int) -> dict[str, Distribution]:
        options = ["--quiet", "--disable-pip-version-check", "--no-input", "--no-deps", *self._options]
        target = ["--implementation=py", "--abi=none", "--platform=any", "--only-binary=:all:"]
        asked = [f"{name}{specifiers}" for name, specifiers in sorted(wanted.items())]
        with tempfile.TemporaryDirectory(prefix="sentry-asgi-bundle-") as directory:
            command = [sys.executable, "-m", "pip", "download", *options, *target]
            command += [f"--python-version=3.{minor}", "--dest", directory, *asked]
            result = subprocess.run(command, capture_output=True, text=True, check=False)
            if result.returncode:
                raise _unresolved(asked, minor, result.stderr)
            found = map(read_wheel, sorted(Path(directory).glob("*.whl")))
            return {distribution.name: distribution for distribution in found}


def wanted_by(requirements: Iterable[str], minor: int) -> dict[str, SpecifierSet]:
    """Return what of these requirements applies to Python 3.`minor`: the releases of each name that all allow."""
    environment = {**_TARGET, "python_version": f"3.{minor}", "python_full_version": f"3.{minor}.0"}
    wanted: dict[str, SpecifierSet] = {}
    for text in requirements:
        requirement = Requirement(text)
        name = canonicalize_name(requirement.name)
        applies = requirement.marker is None or requirement.marker.evaluate(environment)
        if applies and not (name == _LEFT_OUT[0] and minor >= _LEFT_OUT[1]):
            wanted[name] = wanted.get(name, SpecifierSet()) & requirement.specifier
    return wanted


def _unresolved(asked: Sequence[str], minor: int, output: str) -> UnresolvedError:
    told = [line for line in output.splitlines() if line.startswith("ERROR:")] or output.splitlines()[-1:]
    said = printable(" ".join(told), 400)
    what = f"pip finds no pure wheels for Python 3.{minor} of {', '.join(asked)}: {said}"
    remedy = "Check pip's index (pip config list), or put all of them into the directory of --wheelhouse."
    return UnresolvedError(what, remedy=remedy)
