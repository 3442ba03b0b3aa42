"""A client can be pickled as by hand, whatever is set, and the one that comes of it reports by the same settings."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Callable

import pytest

from tests.harness import toml_text
from tests.harness.envelopes import Project
from tests.harness.server import Server, uvicorn

Start = Callable[..., Server]

POLICY: dict[str, dict[str, Any]] = {
    "limits": {"traces_sample_rate": {"max": 1.0}},
    "enforced": {"before_send": "policy_hooks:before_send", "enable_metrics": False},
}
HOOKS = (
    "before_send",
    "before_send_transaction",
    "before_send_log",
    "before_send_metric",
    "before_send_span",
)
SETTINGS = {
    "nothing else": {},
    "hooks": {f"SENTRY_{name.upper()}": "hooks:before_send" for name in HOOKS},
    "a breadcrumb's hook": {"SENTRY_BEFORE_BREADCRUMB": "hooks:before_send"},
    "a sampler": {"SENTRY_TRACES_SAMPLER": "hooks:always", "SENTRY_ERROR_SAMPLER": "hooks:always"},
    "a scrubber": {"SENTRY_EVENT_SCRUBBER": "hooks:scrubber"},
    "paths": {
        "SENTRY_ASGI_EXCLUDED_PATHS": "/health",
        "SENTRY_ASGI_TRACES_SAMPLE_RATES": '{"GET /o*": 1.0}',
    },
    "paths and a sampler": {
        "SENTRY_ASGI_EXCLUDED_PATHS": "/health",
        "SENTRY_TRACES_SAMPLER": "hooks:always",
    },
    "budgets": {"SENTRY_ASGI_TRACES_PER_SECOND": "100", "SENTRY_ASGI_EVENTS_PER_MINUTE": "100"},
    "integrations": {
        "SENTRY_INTEGRATIONS": "asyncio",
        "SENTRY_DISABLED_INTEGRATIONS": "flask,rq,stdlib",
    },
    "eager integrations": {
        "SENTRY_ASGI_INTEGRATIONS": "eager",
        "SENTRY_DISABLED_INTEGRATIONS": "flask,rq,stdlib",
    },
    "errors and spans": {"SENTRY_IGNORE_ERRORS": "builtins:KeyError", "SENTRY_IGNORE_SPANS": '["/health"]'},
    "personal data": {"SENTRY_SEND_DEFAULT_PII": "true"},
    "an init of the app's own": {"OWN_INIT": "1"},
}


CASES = [
    *((name, False) for name in SETTINGS),
    *(
        (name, True)
        for name in ("nothing else", "hooks", "a sampler", "a scrubber", "an init of the app's own")
    ),
]


@pytest.mark.parametrize(("name", "has_policy"), CASES)
def test_a_pickled_client_reports_by_the_same_settings(
    name: str, has_policy: bool, start: Start, project: Project, tmp_path: Path
) -> None:
    settings = SETTINGS[name]
    path = tmp_path / "policy.toml"
    path.write_text(toml_text.tables(POLICY))
    environ = {**settings, **({"SENTRY_ASGI_POLICY": str(path)} if has_policy else {})}
    server = start(uvicorn("pickled:app"), environ)
    assert server.get("/ok", headers={"cookie": "s3ss10n-of-somebody"}).text == "ok"
    (event,) = project.wait("event")
    transactions = project.wait("transaction")
    server.stop()
    assert event["message"] == "captured"
    assert "pickled" in [transaction["transaction"] for transaction in transactions]
    assert ("s3ss10n-of-somebody" in json.dumps(event)) == ("SENTRY_SEND_DEFAULT_PII" in settings)
    assert ("seen by" in event["tags"]) == has_policy
    if "SENTRY_DISABLED_INTEGRATIONS" in settings:
        assert not {"flask", "rq", "stdlib"} & set(event["sdk"]["integrations"])
