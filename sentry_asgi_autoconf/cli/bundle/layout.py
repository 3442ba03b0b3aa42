"""Lay a bundle out: what is the same for all Pythons in one folder, what differs in one a Python, and what it has.

That is said in a manifest, and as a CycloneDX bill of materials.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import tempfile
import uuid
from datetime import datetime, timezone
from pathlib import Path
from typing import Any, Mapping, Sequence

from cyclonedx.factory.license import LicenseFactory
from cyclonedx.model.bom import Bom
from cyclonedx.model.component import Component, ComponentType
from cyclonedx.output.json import JsonV1Dot5
from packageurl import PackageURL

from sentry_asgi_autoconf import __version__, entry_points
from sentry_asgi_autoconf.cli.bundle.distributions import Distribution, sha256
from sentry_asgi_autoconf.cli.path import PACKAGE_DIRECTORY
from sentry_asgi_autoconf.entry_points import ANY, ASIDE, FOLDER, MANIFEST
from sentry_asgi_autoconf.exceptions import AutoconfError

SBOM = "sbom.cdx.json"
_FORMAT = 1
# Run by each interpreter that compiles. It names no file by its place, and never asks whether the source has changed.
_COMPILE = """
import os, py_compile, sys
for path in sys.stdin.read().splitlines():
    py_compile.compile(path, dfile=path, doraise=True, invalidation_mode=py_compile.PycInvalidationMode.UNCHECKED_HASH)
print(sys.version_info[1])
"""

Folders = Mapping[str, Sequence[Distribution]]


class DirectoryError(AutoconfError):
    """A directory that a bundle cannot be written to."""

    slug = "bundle-directory"


class CompileError(AutoconfError):
    """An interpreter that cannot compile a bundle."""

    slug = "bundle-not-compiled"


def arrange(resolved: Mapping[int, Mapping[str, Distribution]]) -> dict[str, list[Distribution]]:
    """Return the folders: `any`, and for each Python from which on something else is needed `py3` and its number."""
    everywhere = [
        name
        for name in set.intersection(*map(set, resolved.values()))
        if len({found[name].sha256 for found in resolved.values()}) == 1
    ]
    first = next(iter(resolved.values()))
    folders = {ANY: [first[name] for name in sorted(everywhere)]}
    before: list[Distribution] = []
    for minor, found in sorted(resolved.items()):
        differs = [found[name] for name in sorted(found) if name not in everywhere]
        if differs != before:  # also where nothing does any more
            folders[f"{FOLDER}{minor}"] = differs
        before = differs
    return folders


def write(directory: Path, folders: Folders, sbom: str) -> None:
    """Write the files into an empty directory."""
    bootstrap = PACKAGE_DIRECTORY / "bootstrap"
    files = {name: (bootstrap / name).read_bytes() for name in ("__main__.py", "sitecustomize.py")}
    files[SBOM] = sbom.encode()
    for folder, distributions in folders.items():
        (directory / folder).mkdir()
        for distribution in distributions:
            # What this package alone imports, and by itself.
            below = f"{folder}/{ASIDE}" if distribution.name == "tomli" else folder
            files.update({f"{below}/{path}": content for path, content in distribution.files.items()})
    for path, content in files.items():
        place = directory / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(content)


def write_manifest(directory: Path, told: dict[str, Any]) -> None:
    """Write the manifest, with the hash of each file that is there: byte code is run in place of its source."""
    paths = sorted(path for path in directory.rglob("*") if path.is_file())
    files = {path.relative_to(directory).as_posix(): sha256(path.read_bytes()) for path in paths}
    text = json.dumps({"format": _FORMAT, **told, "files": files}, indent=1, sort_keys=True)
    (directory / MANIFEST).write_text(text + "\n", "utf-8")


def compile_with(python: str, directory: Path) -> None:
    """Have an interpreter compile what it may import of the bundle. Raises CompileError."""
    paths = [path.relative_to(directory) for path in sorted(directory.rglob("*.py"))]
    try:
        minor = int(_run(python, "import sys; print(sys.version_info[1])", directory))
        fitting = max(
            (_number(path.parts[0]) for path in paths if 0 < _number(path.parts[0]) <= minor), default=0
        )
        wanted = [path for path in paths if _number(path.parts[0]) in (0, fitting)]
        _run(python, _COMPILE, directory, "\n".join(map(str, wanted)))
    except (OSError, ValueError, subprocess.CalledProcessError) as error:
        said = getattr(error, "stderr", "") or str(error)
        what = f"{python} cannot compile the bundle: {said.strip().splitlines()[-1]}"
        raise CompileError(what, remedy="Name an interpreter of Python 3.7 or newer.") from None


def _run(python: str, code: str, directory: Path, given: str = "") -> str:
    # The order of a set's members would be another in each process, and with it that of a file's constants.
    environment = {**os.environ, "PYTHONHASHSEED": "0"}
    command = [python, "-S", "-c", code]
    result = subprocess.run(
        command, input=given, cwd=str(directory), env=environment, capture_output=True, text=True, check=True
    )
    return result.stdout


def _number(folder: str) -> int:
    digits = folder[len(FOLDER) :] if folder.startswith(FOLDER) else ""
    return int(digits) if digits.isdigit() else 0


def set_times(directory: Path, seconds: int) -> None:
    """Set one time for all files and directories, and the permissions that let anybody read them."""
    for path in [*directory.rglob("*"), directory]:
        path.chmod(0o755 if path.is_dir() else 0o644)
        os.utime(str(path), (seconds, seconds))


class Staging:
    """A directory beside the bundle's own, which takes its place when it is complete."""

    def __init__(self, target: Path) -> None:
        """Make it. Raises DirectoryError."""
        self._target = target
        is_bundle = (target / MANIFEST).is_file()
        if target.exists() and not is_bundle and (not target.is_dir() or any(target.iterdir())):
            what = f"{target} is neither empty nor a bundle"
            raise DirectoryError(what, remedy="Name a directory that does not exist.")
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            self._around = Path(tempfile.mkdtemp(prefix=f".{target.name}-", dir=str(target.parent)))
        except OSError as error:
            what = f"Cannot write beside {target}: {error.strerror or error}"
            raise DirectoryError(what, remedy="Name a directory that you may create.") from None
        self.directory = self._around / "new"
        self.directory.mkdir()

    def __enter__(self) -> Path:
        """Return the directory to fill."""
        return self.directory

    def __exit__(self, kind: object, error: object, traceback: object) -> None:
        """Put it in place if nothing was raised, and leave nothing else."""
        try:
            if kind is None:
                if self._target.exists():
                    self._target.rename(self._around / "old")
                self.directory.rename(self._target)
        except OSError as failure:
            what = f"Cannot put the bundle in place of {self._target}: {failure.strerror or failure}"
            raise DirectoryError(what, remedy="Name a directory that is not a mount point.") from None
        finally:
            shutil.rmtree(str(self._around), ignore_errors=True)


def describe(folders: Folders, minors: list[int]) -> dict[str, Any]:
    """Return the manifest, less the files."""
    listed: dict[tuple[str, str], dict[str, Any]] = {}
    for folder, distributions in folders.items():
        for each in distributions:
            told = {
                "name": each.name,
                "version": each.version,
                "licence": each.licence,
                "sha256": each.sha256,
            }
            listed.setdefault((each.name, each.version), {**told, "folders": []})["folders"].append(folder)
    return {
        "name": entry_points.NAME,
        "version": __version__,
        "pythons": [f"3.{minor}" for minor in minors],
        "distributions": [listed[key] for key in sorted(listed)],
    }


def bill_of_materials(manifest: Mapping[str, Any], seconds: int) -> str:
    """Return the bill as JSON, the same for the same contents."""
    bom = Bom()
    bom.serial_number = uuid.uuid5(uuid.NAMESPACE_URL, sha256(repr(manifest).encode()))
    bom.metadata.timestamp = datetime.fromtimestamp(seconds, timezone.utc)
    licences = LicenseFactory()
    components = {}
    for told in manifest["distributions"]:
        purl = PackageURL("pypi", None, told["name"], told["version"])
        component = Component(
            type=ComponentType.LIBRARY,
            name=told["name"],
            version=told["version"],
            purl=purl,
            bom_ref=str(purl),
            licenses=[licences.make_from_string(told["licence"])],
        )
        components[told["name"], told["version"]] = component
    bom.metadata.component = own = components.pop((manifest["name"], manifest["version"]))
    bom.components.update(components.values())
    bom.register_dependency(own, components.values())
    return JsonV1Dot5(bom).output_as_string(indent=1) + "\n"
