"""Each request has a scope of its own."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Callable

from tests.harness.envelopes import Project
from tests.harness.server import Server, uvicorn

REQUESTS = 20


def test_what_one_request_sets_never_shows_in_anothers_event(
    start: Callable[..., Server], project: Project
) -> None:
    server = start(uvicorn("tagged:app"), {"SENTRY_TRACES_SAMPLE_RATE": None})
    server.url  # noqa: B018 (waits until it listens)
    with ThreadPoolExecutor(REQUESTS) as pool:
        list(pool.map(server.provoke, [f"/{number}" for number in range(REQUESTS)]))
    events = project.wait("event", REQUESTS)
    seen = set()
    for event in events:
        name = event["exception"]["values"][-1]["value"]
        assert {key: value for key, value in event["tags"].items() if key.startswith("tag-")} == {
            f"tag-{name}": name
        }
        own = [
            crumb["message"] for crumb in event["breadcrumbs"]["values"] if crumb.get("message", "").isdigit()
        ]
        assert own == [name]
        assert event["request"]["url"].endswith(f"/{name}")
        seen.add(name)
    assert len(seen) == REQUESTS
