"""No request chooses a setting, where telemetry goes, or what the process says of itself."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Callable

import pytest

from sentry_asgi_autoconf.settings.options import SDK_OPTIONS
from tests.harness.envelopes import Project
from tests.harness.server import Server, uvicorn

Start = Callable[..., Server]
# As CGI makes variables of headers, as names of options, and as a trace of somebody else's says them.
VALUE = "http://forged@127.0.0.1:9/1"
NAMES = [
    *(option.variable for option in SDK_OPTIONS.values()),
    "SENTRY_ASGI_ENABLED",
    "SENTRY_ASGI_STATUS_DIR",
]
TRACE = "0123456789abcdef0123456789abcdef"
HEADERS = {
    **{name.replace("_", "-"): VALUE for name in NAMES},
    **dict.fromkeys(("Proxy", "HTTP-Proxy", "X-Sentry-Auth", "X-Forwarded-Host"), VALUE),
    "sentry-trace": f"{TRACE}-0123456789abcdef-1",
    "baggage": f"sentry-trace_id={TRACE},sentry-public_key=forged,sentry-environment=forged,sentry-release=forged,"
    "sentry-sample_rate=nan,sentry-sample_rand=-1e999,sentry-sampled=perhaps,sentry-org_id=forged",
}


@pytest.mark.parametrize(
    "headers", [HEADERS, {**HEADERS, "sentry-trace": "x" * 9000, "baggage": "=,;%" * 2000}]
)
def test_a_request_that_would_choose_a_setting_chooses_none(
    headers: dict[str, str], start: Start, project: Project, tmp_path: Path
) -> None:
    environ = {
        "SENTRY_ENVIRONMENT": "ours",
        "SENTRY_RELEASE": "ours",
        "SENTRY_SERVER_NAME": "ours",
        "SENTRY_ASGI_STATUS_DIR": str(tmp_path),
    }
    server = start(
        uvicorn("--h11-max-incomplete-event-size", "1000000", "--http", "h11", "raw3:app"), environ
    ).ready()
    before = told(tmp_path)
    server.provoke("/boom?" + "&".join(f"{name}={VALUE}" for name in NAMES), headers=headers)
    server.provoke()
    events = project.wait("event", 2)
    project.wait("transaction", 2)
    assert told(tmp_path) == before
    assert "sentry-asgi-autoconf" not in server.output
    for event in (*events, *project.wait("transaction", 2)):
        assert {event[name] for name in ("environment", "release", "server_name")} == {"ours"}
    assert events[1]["contexts"]["trace"]["trace_id"] != TRACE


def told(directory: Path) -> Any:
    """Return what the one process says of itself, without what it counts."""
    (path,) = directory.glob("*.json")
    counts = ("captured", "sent", "dropped", "last_delivery", "updated")
    return {name: value for name, value in json.loads(path.read_text()).items() if name not in counts}
