"""What a platform says in its own variables counts where nobody says it, and is told as the platform's."""

from __future__ import annotations

from pathlib import Path
from typing import Callable

import pytest

from sentry_asgi_autoconf.activation.layers import load
from tests.cli.explained import settings
from tests.harness import machine
from tests.harness.envelopes import Project
from tests.harness.server import Server, uvicorn

DSN = {"SENTRY_DSN": "https://key@host/1"}
PLATFORMS = {
    "Kubernetes": (
        {"POD_NAME": "shop-7d4f9", "POD_NAMESPACE": "prod", "NODE_NAME": "n1"},
        {"server_name": "shop-7d4f9"},
        {"k8s.namespace": "prod", "k8s.node": "n1"},
    ),
    "OpenTelemetry": (
        {
            "OTEL_SERVICE_NAME": "shop",
            "OTEL_RESOURCE_ATTRIBUTES": "service.version=1.2, deployment.environment.name=staging,x=y",
        },
        {"release": "1.2", "environment": "staging"},
        {"service": "shop"},
    ),
    "Render": (
        {
            "RENDER": "true",
            "RENDER_GIT_COMMIT": "abc",
            "RENDER_SERVICE_NAME": "shop",
            "RENDER_INSTANCE_ID": "i1",
        },
        {"release": "abc", "server_name": "i1"},
        {"service": "shop"},
    ),
    "Railway": (
        {
            "RAILWAY_GIT_COMMIT_SHA": "abc",
            "RAILWAY_ENVIRONMENT_NAME": "production",
            "RAILWAY_SERVICE_NAME": "shop",
        },
        {"release": "abc", "environment": "production"},
        {"service": "shop"},
    ),
    "Vercel": (
        {"VERCEL": "1", "VERCEL_GIT_COMMIT_SHA": "abc", "VERCEL_ENV": "preview", "VERCEL_REGION": "fra1"},
        {"release": "abc", "environment": "preview"},
        {"region": "fra1"},
    ),
    "Fly": (
        {"FLY_APP_NAME": "shop", "FLY_REGION": "ams", "FLY_MACHINE_ID": "m1"},
        {"server_name": "m1"},
        {"service": "shop", "region": "ams"},
    ),
    "Heroku": (
        {"DYNO": "web.1", "HEROKU_SLUG_COMMIT": "abc"},
        {"release": "abc", "server_name": "web.1"},
        {},
    ),
    "Cloud Run": (
        {"K_SERVICE": "shop", "K_REVISION": "shop-00001"},
        {"release": "shop-00001"},
        {"service": "shop"},
    ),
    "OpenShift": ({"OPENSHIFT_BUILD_COMMIT": "abc"}, {"release": "abc"}, {}),
    "Google App Engine": ({"GAE_DEPLOYMENT_ID": "81"}, {"release": "81"}, {}),
    "GitHub": ({"GITHUB_SHA": "abc"}, {"release": "abc"}, {}),
    "GitLab": (
        {"CI_COMMIT_SHA": "abc", "CI_ENVIRONMENT_NAME": "review"},
        {"release": "abc", "environment": "review"},
        {},
    ),
    "App Runner": ({"AWS_REGION": "eu-central-1"}, {}, {"region": "eu-central-1"}),
}


@pytest.mark.parametrize(("environ", "options", "tags"), PLATFORMS.values(), ids=PLATFORMS)
def test_each_platform_tells_what_it_knows(
    environ: dict[str, str], options: dict[str, str], tags: dict[str, str]
) -> None:
    loaded = load({**DSN, **environ})
    found = {name: value for name, value in loaded.options.items() if name != "dsn"}
    assert (found, loaded.own.tags, loaded.problems) == (options, tags, [])


def test_what_a_person_says_goes_before_it() -> None:
    environ, _, _ = PLATFORMS["OpenTelemetry"]
    said = {"SENTRY_RELEASE": "mine", "SENTRY_TAGS": "service=mine,team=shop"}
    loaded = load({**DSN, **environ, **said})
    assert (loaded.options["release"], loaded.options["environment"]) == ("mine", "staging")
    assert loaded.own.tags == {"service": "mine", "team": "shop"}


@pytest.mark.parametrize(("text", "left"), [("none", []), ("release", ["release"]), ("tags", [])])
def test_each_can_be_switched_off(text: str, left: list[str]) -> None:
    environ, _, tags = PLATFORMS["OpenTelemetry"]
    loaded = load({**DSN, **environ, "SENTRY_ASGI_PLATFORM": text})
    assert [name for name in loaded.options if name != "dsn"] == left
    assert loaded.own.tags == (tags if text == "tags" else {})


def test_config_names_the_variable(tmp_path: Path) -> None:
    found = settings(cwd=tmp_path, environ={"GITHUB_SHA": "abc"})["SENTRY_RELEASE"]
    assert (found["value"], found["layer"], found["source"]) == ("abc", "platform", "release (GITHUB_SHA)")


def test_labels_and_annotations_of_a_pod_are_read_from_their_volume(
    start: Callable[..., Server], project: Project, tmp_path: Path
) -> None:
    (tmp_path / "podinfo").mkdir()
    (tmp_path / "podinfo" / "labels").write_text(
        'app.kubernetes.io/name="shop \\"2\\""\npod-template-hash="7d4f9"\n'
    )
    written = 'note="line\\none \\x00"\norg.opencontainers.image.revision="abc"\norg.opencontainers.image.version="1.4"'
    (tmp_path / "podinfo" / "annotations").write_text(written)
    server = start(machine.with_own_etc(tmp_path, uvicorn("raw3:app")), {"POD_NAMESPACE": "prod"}).ready()
    server.provoke()
    (event,) = project.wait("event")
    assert event["release"] == "abc"
    assert (event["tags"]["service"], event["tags"]["k8s.namespace"]) == ('shop "2"', "prod")


def test_events_have_it(start: Callable[..., Server], project: Project) -> None:
    environ, options, tags = PLATFORMS["Railway"]
    server = start(uvicorn("raw3:app"), environ).ready()
    server.provoke()
    (event,) = project.wait("event")
    assert {name: event[name] for name in options} == options
    assert event["tags"]["service"] == tags["service"]
