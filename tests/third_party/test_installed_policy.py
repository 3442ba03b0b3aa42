"""An organisation's distribution brings a policy and a configurator: whoever installs it is held to them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Callable

import pytest

from tests.harness.envelopes import Project
from tests.harness.server import Server, uvicorn
from tests.harness.venvs import installed_beside
from tests.third_party.installation import OLDEST, RUNNING, python_with

Start = Callable[..., Server]

APP = """
import sentry_sdk

sentry_sdk.init({dsn!r}, environment="anywhere", send_default_pii=True, traces_sample_rate=1.0)

from raw3 import respond


async def app(scope, receive, send):
    assert scope["type"] == "http"
    badge, card = "B-1234", "4111 1111 1111 1111"
    if scope["path"] == "/boom":
        raise ValueError("declined: " + card)
    await respond(send, 200, b"ok")
"""


@pytest.fixture(scope="module")
def bootstrap(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the bootstrap directory of an installed wheel that no environment has on its path."""
    return installed_beside(tmp_path_factory.mktemp("beside"))


@pytest.mark.parametrize("minor", sorted({OLDEST, RUNNING}))
def test_policy_and_configurator_apply_to_every_app(
    minor: str,
    bootstrap: Path,
    start: Start,
    project: Project,
    new_project: Callable[[], Project],
    tmp_path: Path,
) -> None:
    other = new_project()
    (tmp_path / "shop.py").write_text(APP.format(dsn=other.dsn.replace("127.0.0.1", "localhost")))
    python = python_with("acme-sentry-policy", minor=minor)
    environ = {"PYTHONPATH": str(bootstrap), "ACME_IMAGE": "shop@1.4.2", "SENTRY_TRACES_SAMPLE_RATE": None}
    server = start(uvicorn("--app-dir", str(tmp_path), "shop:app", python=python), environ)
    for number in range(3):
        assert server.get("/ok", headers=_draw(number)).status_code == 200
    server.get("/healthz", headers=_draw(0))
    server.provoke(headers={**_draw(9), "cookie": "sid=s3ss10n-of-somebody"})
    (event,) = project.wait("event")
    server.stop()

    assert other.items() == []
    assert (event["release"], event["environment"]) == ("shop@1.4.2", "development")
    assert event["exception"]["values"][-1]["value"] == "declined: [card number]"
    variables = event["exception"]["values"][-1]["stacktrace"]["frames"][-1]["vars"]
    assert (variables["badge"], variables["card"]) == ("[Filtered]", "'[card number]'")
    assert "s3ss10n" not in json.dumps(event)
    # Of draws of 0.05, 0.15 and 0.25 two are below the limit of 0.2.
    assert len(project.items("transaction")) == 2
    (line,) = [line for line in server.output.splitlines() if line.startswith("sentry-asgi-autoconf: ")]
    for part in (
        "may not set dsn=*** (*** applies: [limits] dsn (",
        "environment='anywhere' ('development' applies: [limits] environment (",
        "send_default_pii=true (false applies: [enforced] send_default_pii (",
        "traces_sample_rate=1.0 (0.2 applies: [limits] traces_sample_rate (",
        "acme_sentry_policy/policy.toml:10)",
    ):
        assert part in line


def _draw(tenths: int) -> dict[str, Any]:
    trace = f"{tenths + 1:032x}"
    return {
        "sentry-trace": f"{trace}-{tenths + 1:016x}",
        "baggage": f"sentry-trace_id={trace},sentry-sample_rand=0.{tenths}50000",
    }
