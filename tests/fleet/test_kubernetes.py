"""What brings the bundle to pods is valid, and carried out on a pod it is the same, whoever carries it out."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import Any, Callable, Iterator

import kubernetes_validate
import pytest
import yaml  # type: ignore[import-untyped] # no stubs

from sentry_asgi_autoconf.activation import layers
from tests.fleet.injectors import by_admission_policy, by_kustomize, by_kyverno, kustomized
from tests.fleet.pods import (
    IMAGE,
    KUBERNETES,
    KUBERNETES_VERSION,
    SWITCH,
    Pod,
    atomic,
    documents,
    laid_out,
    merge,
    pod,
)
from tests.harness.envelopes import Project
from tests.harness.server import Server, uvicorn
from tests.harness.venvs import venv

Start = Callable[..., Server]
Inject = Callable[..., Pod]

OURS = "/opt/sentry-asgi-autoconf/bundle"
OWN = "sentry-asgi-autoconf"
AT_ADMISSION = {
    "Kyverno, image volume": (by_kyverno, "image-volume"),
    "Kyverno, init container": (by_kyverno, "init-container"),
    "the API server": (by_admission_policy, "image-volume"),
}


each_way = pytest.mark.parametrize(("inject", "way"), AT_ADMISSION.values(), ids=AT_ADMISSION.keys())


def environ_of(patched: Pod, number: int = 0) -> dict[str, str | None]:
    """Return the variables of one container."""
    container = patched["spec"]["containers"][number]
    return {each["name"]: each.get("value") for each in container.get("env", ())}


def containers(spec: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield all containers of a pod."""
    yield from (*spec.get("initContainers", ()), *spec["containers"])


def has_the_bundle_and_its_settings(patched: Pod, way: str) -> None:
    """See all that a container and its pod are given."""
    assert environ_of(patched) == {
        "PYTHONPATH": OURS,
        "SENTRY_ASGI_POLICY": "/etc/sentry/policy/policy.toml",
        "SENTRY_ASGI_SECRETS_DIR": "/etc/sentry/secrets",
    }
    volumes = {each["name"]: {**each} for each in patched["spec"]["volumes"]}
    mounts = {each["name"] for each in patched["spec"]["containers"][0]["volumeMounts"]}
    assert mounts == set(volumes) == {OWN, f"{OWN}-policy", f"{OWN}-secrets"}
    (manifest,) = documents(f"{way}.yaml")
    expected = manifest["spec"]["template"]["spec"]
    assert volumes == {each["name"]: each for each in expected["volumes"]}
    assert patched["spec"].get("initContainers") == expected.get("initContainers")
    kubernetes_validate.validate(patched, KUBERNETES_VERSION, strict=True)


@each_way
def test_a_pod_has_the_bundle_and_its_settings(inject: Inject, way: str) -> None:
    has_the_bundle_and_its_settings(inject(pod(), {SWITCH: way}), way)


@pytest.mark.parametrize("way", ["image-volume", "init-container"])
def test_what_kustomize_builds_has_them_too(way: str) -> None:
    several = pod()
    several["spec"]["containers"] += pod({"name": "PYTHONPATH", "value": "lib:/app"})["spec"]["containers"]
    several["spec"]["containers"][1]["name"] = "worker"
    patched = by_kustomize(several, {SWITCH: way})
    has_the_bundle_and_its_settings(patched, way)
    assert environ_of(patched, 1) == {**environ_of(patched), "PYTHONPATH": f"{OURS}:lib:/app"}


@each_way
def test_a_pythonpath_is_kept_behind_ours(inject: Inject, way: str) -> None:
    patched = inject(pod({"name": "PYTHONPATH", "value": "/app:lib"}), {SWITCH: way})
    assert environ_of(patched)["PYTHONPATH"] == f"{OURS}:/app:lib"


@each_way
def test_what_the_image_has_is_said_by_the_pod(inject: Inject, way: str) -> None:
    told = {"sentry-asgi-autoconf/image-pythonpath": "/srv"}
    assert environ_of(inject(pod(annotations=told), {SWITCH: way}))["PYTHONPATH"] == f"{OURS}:/srv"
    own = pod({"name": "PYTHONPATH", "value": "/app"}, annotations=told)
    assert environ_of(inject(own, {SWITCH: way}))["PYTHONPATH"] == f"{OURS}:/app"


@each_way
def test_a_service_s_own_settings_stand(inject: Inject, way: str) -> None:
    from_secret = {
        "name": "SENTRY_ASGI_SECRETS_DIR",
        "valueFrom": {"fieldRef": {"fieldPath": "metadata.name"}},
    }
    own = pod({"name": "SENTRY_ASGI_POLICY", "value": "/mine.toml"}, {"name": "A", "value": "b"}, from_secret)
    patched = inject(own, {SWITCH: way})
    assert environ_of(patched) == {
        "A": "b",
        "PYTHONPATH": OURS,
        "SENTRY_ASGI_POLICY": "/mine.toml",
        "SENTRY_ASGI_SECRETS_DIR": None,
    }


@each_way
def test_who_has_it_from_elsewhere_is_left_alone_and_named(inject: Inject, way: str) -> None:
    several = pod({"name": "PYTHONPATH", "valueFrom": {"configMapKeyRef": {"name": "paths", "key": "app"}}})
    several["spec"]["containers"].append({"name": "worker", "image": "shop:1"})
    patched = inject(several, {SWITCH: way})
    assert patched["spec"]["containers"][0] == several["spec"]["containers"][0]
    assert environ_of(patched, 1)["PYTHONPATH"] == OURS
    assert patched["metadata"]["annotations"] == {
        f"{OWN}/injected": "worker",
        f"{OWN}/left-alone": "shop: PYTHONPATH has valueFrom",
    }
    assert inject(pod(), {SWITCH: way})["metadata"]["annotations"] == {f"{OWN}/injected": "shop"}


@each_way
def test_who_wants_it_has_it_once(inject: Inject, way: str) -> None:
    wants, declines = ({SWITCH: answer} for answer in (way, "false"))
    assert inject(pod(), {}) == pod()
    assert inject(pod(annotations={"other": "x"}), {"other": "x"}) == pod(annotations={"other": "x"})
    assert inject(pod(annotations=declines), wants) == pod(annotations=declines)
    patched = inject(pod(), wants)
    asked = inject(pod(annotations=wants), {})
    assert asked["spec"] == patched["spec"]
    assert inject(patched, wants) == patched
    by_hand = {**pod(), "spec": documents("init-container.yaml")[0]["spec"]["template"]["spec"]}
    assert inject(by_hand, wants) == by_hand


def test_a_pod_s_word_stands_over_its_namespace_s() -> None:
    ways = {"image-volume", "init-container"}
    for way in ways:
        (other,) = ways - {way}
        patched = by_kyverno(pod(annotations={SWITCH: way}), {SWITCH: other})
        assert patched["spec"] == by_kyverno(pod(), {SWITCH: way})["spec"]
    elsewhere = pod(annotations={SWITCH: "init-container"})
    assert by_admission_policy(elsewhere, {SWITCH: "image-volume"}) == elsewhere


def test_why_the_api_server_s_policy_adds_no_init_container() -> None:
    (container,) = documents("init-container.yaml")[0]["spec"]["template"]["spec"]["initContainers"]
    replaced = list(atomic({"spec": {"initContainers": [container]}}))
    assert sorted(replaced) == sorted(str(each) for each in (container["command"], ["ALL"]))


def test_the_policies_ignore_their_own_failure() -> None:
    assert documents("kyverno.yaml")[0]["spec"]["webhookConfiguration"] == {"failurePolicy": "Ignore"}
    assert documents("mutating-admission-policy.yaml")[0]["spec"]["failurePolicy"] == "Ignore"


def test_patches_are_merged_as_kustomize_and_kyverno_merge_them(tmp_path: Path) -> None:
    own = documents("init-container.yaml")[0]["spec"]["template"]["spec"]
    original = {
        **pod(),
        "spec": {**own, "containers": pod({"name": "A", "value": "b"})["spec"]["containers"]},
    }
    patch = by_kyverno(pod({"name": "A", "value": "c"}, annotations={"x": "y"}), {SWITCH: "image-volume"})
    (tmp_path / "pod.yaml").write_text(yaml.safe_dump(original))
    built = {"resources": ["pod.yaml"], "patches": [{"patch": yaml.safe_dump(patch)}]}
    assert in_order(kustomized(tmp_path, built)) == in_order(merge(original, patch))


def in_order(value: Any) -> Any:
    """Return a value whose lists of objects are in one order: new entries come first there, and last here."""
    if isinstance(value, dict):
        return {name: in_order(each) for name, each in sorted(value.items())}
    if isinstance(value, list):
        return sorted((in_order(each) for each in value), key=str)
    return value


# The first release of Kubernetes that takes each.
SINCE = {
    "settings.yaml": "1.25",
    "init-container.yaml": "1.25",
    "image-volume.yaml": "1.31",
    "mutating-admission-policy.yaml": "1.36",
}


@pytest.mark.parametrize("name", SINCE)
def test_the_manifests_are_valid(name: str) -> None:
    for document in documents(name):
        for version in (SINCE[name], KUBERNETES_VERSION):
            kubernetes_validate.validate(document, version, strict=True)


@pytest.mark.parametrize("name", ["image-volume.yaml", "init-container.yaml"])
def test_they_keep_to_pod_security_restricted(name: str) -> None:
    """All that the profile asks for, but what none of them names: host namespaces, sysctls, ports of the host."""
    spec = documents(name)[0]["spec"]["template"]["spec"]
    for container in containers(spec):
        context = {**spec["securityContext"], **container["securityContext"]}
        assert context["allowPrivilegeEscalation"] is False and context["readOnlyRootFilesystem"] is True
        assert context["capabilities"] == {"drop": ["ALL"]}
        assert context["runAsNonRoot"] is True and context["runAsUser"] > 0
        assert context["seccompProfile"] == {"type": "RuntimeDefault"}
        assert container["resources"]["limits"]["memory"] and ":" in container["image"].rpartition("/")[2]
    for volume in spec["volumes"]:
        assert {*volume} - {"name"} <= {"image", "emptyDir", "configMap", "secret"}
    assert not {*spec} & {"hostNetwork", "hostPID", "hostIPC"}


def test_their_settings_exist_and_are_valid(tmp_path: Path) -> None:
    policy, secret = documents("settings.yaml")
    (tmp_path / "policy.toml").write_text(policy["data"]["policy.toml"])
    (tmp_path / "secrets").mkdir()
    for name, value in secret["stringData"].items():
        (tmp_path / "secrets" / name).write_text(value)
    (deployment,) = documents("image-volume.yaml")
    environ = {
        **{name: str(value) for name, value in environ_of(deployment["spec"]["template"]).items()},
        "SENTRY_ASGI_POLICY": str(tmp_path / "policy.toml"),
        "SENTRY_ASGI_SECRETS_DIR": str(tmp_path / "secrets"),
    }
    loaded = layers.load(environ)
    assert loaded.problems == []
    assert loaded.options["environment"] == "production"


def test_each_file_names_the_same_image_and_no_index() -> None:
    for path in KUBERNETES.rglob("*.yaml"):
        text = path.read_text()
        assert set(re.findall(r"registry\.example\.com/platform/[\w.:/-]+", text)) <= {IMAGE}, path
        assert "pip " not in text


def test_an_app_reports_in_a_pod(start: Start, project: Project, tmp_path: Path) -> None:
    patched = by_kyverno(pod(), {SWITCH: "init-container"})
    environ = laid_out(patched, tmp_path, project.dsn)
    server = start(uvicorn("raw3:app", python=venv(sys.executable, "uvicorn")), environ, bootstrap=False)
    server.ready().provoke()
    (event,) = project.wait("event")
    server.stop()
    assert event["environment"] == "production"
    assert "sentry-asgi-autoconf:" not in server.output
