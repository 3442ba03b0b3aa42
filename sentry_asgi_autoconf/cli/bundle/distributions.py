"""Read what goes into a bundle: the files and the metadata of pure wheels, and of this package as it is installed."""

from __future__ import annotations

import email
import hashlib
import re
import zipfile
from email.message import Message
from pathlib import Path
from typing import NamedTuple

from sentry_asgi_autoconf import __version__, entry_points
from sentry_asgi_autoconf.cli.path import PACKAGE_DIRECTORY
from sentry_asgi_autoconf.exceptions import AutoconfError

_COMPILED = (".so", ".pyd", ".dylib", ".dll")


class ImpureWheelError(AutoconfError):
    """A wheel that is made for one platform: a bundle is for all."""

    slug = "impure-wheel"


class Distribution(NamedTuple):
    """A distribution: what its metadata says, and its files by their paths below a directory of the path."""

    name: str
    version: str
    licence: str
    requires: list[str]
    files: dict[str, bytes]

    @property
    def sha256(self) -> str:
        """Return a hash of all that it consists of."""
        listed = (f"{path}\0{sha256(content)}\n" for path, content in sorted(self.files.items()))
        return sha256("".join(listed).encode())


def sha256(content: bytes) -> str:
    """Return the hash of one file."""
    return hashlib.sha256(content).hexdigest()


def read_wheel(path: Path) -> Distribution:
    """Read a wheel. Raises ImpureWheelError."""
    with zipfile.ZipFile(str(path)) as wheel:
        packed = {name: wheel.read(name) for name in wheel.namelist() if not name.endswith("/")}
    files = {re.sub(r"^[^/]+\.data/(pure|plat)lib/", "", name): packed[name] for name in packed}
    # What is left of .data are scripts and headers.
    files = {name: files[name] for name in files if ".data/" not in name}
    compiled = next((name for name in files if name.endswith(_COMPILED)), None)
    about = next(files[name] for name in files if name.endswith(".dist-info/WHEEL"))
    if compiled or email.message_from_bytes(about)["Root-Is-Purelib"] != "true":
        why = compiled or "as its metadata says"
        what = f"{path.name} is not pure Python ({why}), and a bundle is for any platform"
        raise ImpureWheelError(what, remedy="Choose a release that has a wheel of pure Python.")
    metadata = next(files[name] for name in files if name.endswith(".dist-info/METADATA"))
    return _described(email.message_from_bytes(metadata), files)


def own_distribution() -> Distribution:
    """Return this package with its metadata: what writes a bundle is what goes into it. Raises AutoconfError."""
    directory = f"{PACKAGE_DIRECTORY.name}-{__version__}.dist-info"
    names = ("METADATA", "entry_points.txt", "licenses/LICENSE")
    read = {name: entry_points.own_metadata(name) for name in names}
    files = {f"{directory}/{name}": text.encode() for name, text in read.items() if text}
    for path in sorted(PACKAGE_DIRECTORY.rglob("*")):
        if path.is_file() and path.suffix != ".pyc":
            files[path.relative_to(PACKAGE_DIRECTORY.parent).as_posix()] = path.read_bytes()
    return _described(email.message_from_string(read["METADATA"]), files)


def _described(metadata: Message, files: dict[str, bytes]) -> Distribution:
    requires = [str(line) for line in metadata.get_all("Requires-Dist") or ()]
    named = re.sub(r"[-_.]+", "-", str(metadata["Name"])).lower()
    return Distribution(named, str(metadata["Version"]), _licence(metadata), requires, files)


def _licence(metadata: Message) -> str:
    """Return what the metadata says of it: an expression, a short text, or what the last classifier names."""
    told = str(metadata["License-Expression"] or metadata["License"] or "").strip()
    if told and "\n" not in told:
        return told
    classifiers = [str(each) for each in metadata.get_all("Classifier") or ()]
    named = [each.rpartition(" :: ")[2] for each in classifiers if each.startswith("License :: ")]
    return named[-1] if named else "unknown"
