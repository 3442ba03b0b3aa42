"""Say what a bundle consists of: in its manifest, and as a CycloneDX bill of materials."""

from __future__ import annotations

import uuid
from datetime import datetime, timezone
from typing import Any, Mapping

from cyclonedx.factory.license import LicenseFactory
from cyclonedx.model.bom import Bom
from cyclonedx.model.component import Component, ComponentType
from cyclonedx.output.json import JsonV1Dot5
from packageurl import PackageURL

from sentry_asgi_autoconf import __version__, entry_points
from sentry_asgi_autoconf.cli.bundle.distributions import sha256
from sentry_asgi_autoconf.cli.bundle.layout import Folders


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
