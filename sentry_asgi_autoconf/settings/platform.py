"""What the platform has said of a process in its own variables: the layer right above the SDK's defaults."""

from __future__ import annotations

from typing import Iterator, Mapping

from sentry_asgi_autoconf.provenance import PLATFORM, Candidate, Origin

# By what is taken, the variables that say so: the first that is set counts.
_VARIABLES: Mapping[str, tuple[str, ...]] = {
    "release": (
        *(
            "RENDER_GIT_COMMIT",
            "RAILWAY_GIT_COMMIT_SHA",
            "VERCEL_GIT_COMMIT_SHA",
            "HEROKU_SLUG_COMMIT",
            "K_REVISION",
        ),
        *("GITHUB_SHA", "CI_COMMIT_SHA"),
    ),
    "environment": ("RAILWAY_ENVIRONMENT_NAME", "VERCEL_ENV", "CI_ENVIRONMENT_NAME"),
    "server_name": ("POD_NAME", "RENDER_INSTANCE_ID", "RAILWAY_REPLICA_ID", "FLY_MACHINE_ID", "DYNO"),
}
_TAGS: Mapping[str, tuple[str, ...]] = {
    "k8s.namespace": ("POD_NAMESPACE",),
    "k8s.node": ("NODE_NAME",),
    "region": ("FLY_REGION", "VERCEL_REGION", "AWS_REGION"),
    "service": (
        "OTEL_SERVICE_NAME",
        "RENDER_SERVICE_NAME",
        "RAILWAY_SERVICE_NAME",
        "FLY_APP_NAME",
        "HEROKU_APP_NAME",
        "K_SERVICE",
    ),
}
# Of OpenTelemetry's resource, which goes before the platform's own.
_RESOURCE = "OTEL_RESOURCE_ATTRIBUTES"
_ATTRIBUTES = {
    "service.version": "release",
    "deployment.environment.name": "environment",
    "deployment.environment": "environment",
    "host.name": "server_name",
}
_TAG_ATTRIBUTES = {
    "service.name": "service",
    "service.namespace": "service.namespace",
    "k8s.namespace.name": "k8s.namespace",
}


def options(environ: Mapping[str, str], wanted: list[str]) -> dict[str, Candidate]:
    """Return the options of `sentry_sdk.init` that the platform's variables tell, of those that are wanted."""
    found = {name: Candidate(*each) for name, each in _first(environ, _VARIABLES)}
    for attribute, name in _ATTRIBUTES.items():
        for value in _attribute(environ, attribute):
            found[name] = Candidate(value, Origin(name, _RESOURCE, layer=PLATFORM))
    return {name: candidate for name, candidate in found.items() if name in wanted}


def tags(environ: Mapping[str, str]) -> Candidate | None:
    """Return the tags that they tell, None if they tell none."""
    found = {name: value for name, (value, _) in _first(environ, _TAGS)}
    for attribute, name in _TAG_ATTRIBUTES.items():
        found.update((name, value) for value in _attribute(environ, attribute))
    return Candidate(found, Origin("tags", "the platform's variables", layer=PLATFORM)) if found else None


def _first(
    environ: Mapping[str, str], variables: Mapping[str, tuple[str, ...]]
) -> Iterator[tuple[str, tuple[str, Origin]]]:
    for name, candidates in variables.items():
        for variable in candidates:
            value = environ.get(variable, "").strip()
            if value:
                yield name, (value, Origin(name, variable, layer=PLATFORM))
                break


def _attribute(environ: Mapping[str, str], name: str) -> Iterator[str]:
    for pair in environ.get(_RESOURCE, "").split(","):
        key, _, value = pair.partition("=")
        if key.strip() == name and value.strip():
            yield value.strip()
