"""What becomes of an event, a span or a log whose hook fails half-way is what becomes of it by hand."""

from __future__ import annotations

from typing import Any, Callable

import pytest

from tests.harness.envelopes import Project
from tests.harness.parity import normalised
from tests.harness.server import Server, uvicorn

Start = Callable[..., Server]

# The option, and what the hook does.
HOOKS = (
    ("before_breadcrumb", "raises"),
    ("before_send", "raises"),
    ("before_send_log", "raises"),
    ("before_send_log", "exits"),
    ("before_send_metric", "raises"),
    ("before_send_span", "raises"),
    ("before_send_span", "exits"),
    ("before_send_span", "drops"),
    ("before_send_span", "replaces"),
    ("before_send_transaction", "raises"),
)
# The items of each kind, one by one, and where they have their text.
TEXT = {
    "event": "message",
    "log": "body",
    "span": "name",
    "trace_metric": "name",
    "transaction": "transaction",
}


def arrived(server: Server, project: Project) -> Any:
    """Let the app make something of every kind; give the statuses, and what arrives."""
    statuses = [server.get(path).status_code for path in ("/ok", "/flush")]
    server.stop()
    found = []
    for kind, text in TEXT.items():
        for payload in (item["payload"] for item in project.items(kind)):
            for each in payload.get("items", [payload]):
                # Those of the server's own loggers tell of the command, and of the process.
                if not any(foreign in str(each) for foreign in ("auto.log", "/flush", "/envelope")):
                    crumbs = (each.get("breadcrumbs") or {}).get("values")
                    is_changed = "half" in each.get("attributes", ())
                    found.append(normalised([kind, each.get(text), is_changed, crumbs]))
    return statuses, sorted(found, key=str)


@pytest.mark.parametrize(("option", "function"), HOOKS)
def test_a_hook_that_fails_does_what_it_does_by_hand(
    option: str, function: str, start: Start, project: Project, new_project: Callable[[], Project]
) -> None:
    lifecycle = "stream" if option == "before_send_span" else "static"
    environ = {
        "SENTRY_ENABLE_LOGS": "true",
        "SENTRY_TRACE_LIFECYCLE": lifecycle,
        f"SENTRY_{option.upper()}": f"raising_hooks:{function}",
    }
    ours = arrived(start(uvicorn("raising_hooks:app"), environ), project)

    other = new_project()
    environ = {"DSN_BY_HAND": other.dsn, "HOOK": f"{option} {function}"}
    by_hand = arrived(start(uvicorn("raising_hooks:app"), environ, bootstrap=False), other)

    assert by_hand[1]
    assert ours == by_hand
