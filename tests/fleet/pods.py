"""Pods as Kubernetes has them: how patches are merged into them, and how their containers start with their mounts."""

from __future__ import annotations

import functools
import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any, Iterator, Mapping

import kubernetes_validate
import yaml  # type: ignore[import-untyped] # no stubs

from tests.fleet.bundles import bundle
from tests.harness.server import ROOT, environment

KUBERNETES_VERSION = "1.37"
KUBERNETES = ROOT / "sitecustomize_example" / "kubernetes"
SWITCH = "sentry-asgi-autoconf/inject"
IMAGE = "registry.example.com/platform/sentry-asgi-autoconf:0.1.0"
Pod = dict[str, Any]


def documents(name: str) -> list[dict[str, Any]]:
    """Return the objects of a file."""
    return list(yaml.safe_load_all((KUBERNETES / name).read_text()))


def pod(*env: Mapping[str, Any], annotations: Mapping[str, str] | None = None) -> Pod:
    """Return a pod with one container, as its author has written it."""
    container = {"name": "shop", "image": "shop:1", **({"env": list(env)} if env else {})}
    metadata = {"name": "shop-1", **({"annotations": dict(annotations)} if annotations else {})}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": {"containers": [container]}}


@functools.lru_cache(maxsize=None)
def _definitions() -> dict[str, Any]:
    """Return Kubernetes' schemas of what there is in a pod, by their names."""
    schemas = Path(kubernetes_validate.__file__).with_name("kubernetes-json-schema")
    text = (schemas / f"v{KUBERNETES_VERSION}.0-local" / "_definitions.json").read_text()
    definitions: dict[str, Any] = json.loads(text)["$defs"]
    return definitions


def schema_of(reference: Mapping[str, Any]) -> dict[str, Any]:
    """Return the schema of a field, with what the one that it refers to says."""
    name = str(reference.get("$ref", "")).rpartition("/")[2]
    return {**_definitions().get(name, {}), **reference}


POD = {"$ref": "io.k8s.api.core.v1.Pod"}


def merge(old: Any, new: Any, reference: Mapping[str, Any] = POD) -> Any:
    """Return `old` with a patch, merged as the schema says: objects, lists by the keys of their entries, no others."""
    schema = schema_of(reference)
    if isinstance(old, dict) and isinstance(new, dict):
        fields = schema.get("properties", {})
        return {
            **old,
            **{name: merge(old.get(name), each, fields.get(name, {})) for name, each in new.items()},
        }
    if "x-kubernetes-list-map-keys" not in schema:
        return new
    (key,) = schema["x-kubernetes-list-map-keys"]
    entries = {each[key]: each for each in old or ()}
    for each in new:
        entries[each[key]] = merge(entries.get(each[key], {}), each, schema["items"])
    return list(entries.values())


def atomic(value: Any, reference: Mapping[str, Any] = POD) -> Iterator[str]:
    """Yield what a patch names that would be replaced as a whole."""
    schema = schema_of(reference)
    if "atomic" in (schema.get("x-kubernetes-list-type"), schema.get("x-kubernetes-map-type")):
        yield str(value)
    for name, each in value.items() if isinstance(value, dict) else ():
        yield from atomic(each, schema.get("properties", {}).get(name, {}))
    for each in value if isinstance(value, list) else ():
        yield from atomic(each, schema.get("items", {}))


def laid_out(pod: Pod, root: Path, dsn: str, *, with_policy: bool = True) -> dict[str, str | None]:
    """Lay a pod's volumes out, start what starts first, and return its first container's environment, for these paths.

    The DSN is that of the secret. What the machine's own environment would add is taken away.
    """
    shutil.copytree(bundle(), root / "image" / "bundle")
    spec = pod["spec"]
    volumes = {each["name"]: _volume(each, root, dsn, with_policy) for each in spec["volumes"]}
    for container in spec.get("initContainers", ()):
        places = {"/bundle": root / "image" / "bundle", **_mounts(container, volumes)}
        command = [_moved(word, places) for word in container["command"]]
        subprocess.run(command, check=True, env=environment(bootstrap=False))
    (container, *_) = spec["containers"]
    places = {"/app": root / "app", **_mounts(container, volumes)}
    told = {each["name"]: _moved(each["value"], places) for each in container["env"]}
    return {"SENTRY_DSN": None, "SENTRY_TRACES_SAMPLE_RATE": None, **told}


def _volume(volume: Mapping[str, Any], root: Path, dsn: str, with_policy: bool) -> Path:
    """Return the directory of a volume, with what is in it when the pod starts."""
    config, secret = documents("settings.yaml")
    if "image" in volume:
        assert volume["image"]["reference"] == IMAGE
        return root / "image"
    directory = root / str(volume["name"])
    directory.mkdir()
    if "configMap" in volume and with_policy:
        assert volume["configMap"]["name"] == config["metadata"]["name"]
        _project(config["data"], directory)
    elif "secret" in volume:
        assert volume["secret"]["secretName"] == secret["metadata"]["name"]
        _project(dict.fromkeys(secret["stringData"], dsn), directory)
    return directory


def _project(files: Mapping[str, str], directory: Path) -> None:
    """Write files as the kubelet does: links through one that it can turn to a newer set at once."""
    (directory / "..1").mkdir()
    (directory / "..data").symlink_to("..1")
    for name, content in files.items():
        (directory / "..1" / name).write_text(content)
        (directory / name).symlink_to(f"..data/{name}")


def _mounts(container: Mapping[str, Any], volumes: Mapping[str, Path]) -> dict[str, Path]:
    return {each["mountPath"]: volumes[each["name"]] for each in container["volumeMounts"]}


def _moved(text: str, places: Mapping[str, Path]) -> str:
    """Return a text with the paths below a mount as they are here."""
    for path, place in places.items():
        text = re.sub(rf"(?<![\w/.]){re.escape(path)}(?=$|[/:\s])", str(place), text)
    return text
