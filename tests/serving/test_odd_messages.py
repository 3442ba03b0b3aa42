"""What wraps `receive`, `send` and the lifespan raises nothing of its own, and passes on whatever it is given."""

from __future__ import annotations

import json
import socket
from typing import Any, Iterator, Mapping

import pytest

from tests.harness.server import APPS, environment, run

CODE = (APPS / "odd_messages.py").read_text()
# By hand too: the SDK's own wrapper around `send` looks into each message of a websocket, and compares a status.
OF_THE_SDK = {
    f"websocket, {message}, {end}"
    for message in ("none", "a list", "a text", "a number", "unreadable", "status a text", "status none")
    for end in ("returns", "raises", "unprintable", "exits", "cancelled")
}


@pytest.fixture(scope="module")
def bare() -> Any:
    """Return what app and server see without us."""
    return seen({}, "bare")


@pytest.fixture(scope="module")
def silent_receiver() -> Iterator[str]:
    """Return the DSN of a receiver that accepts connections and never answers."""
    with socket.create_server(("127.0.0.1", 0)) as receiver:
        yield f"http://key@127.0.0.1:{receiver.getsockname()[1]}/1"


def seen(environ: Mapping[str, str], *arguments: str) -> Any:
    """Return what app and server see of each other, case by case."""
    code = f"import sys; sys.argv[1:] = {list(arguments)}\n{CODE}"
    return json.loads(run(code, environment(environ)).stdout)


@pytest.mark.parametrize(
    "environ",
    [{}, {"SENTRY_TRACES_SAMPLE_RATE": "1.0"}, {"SENTRY_ASGI_CAPTURE_5XX": "true"}],
    ids=["errors", "traces", "5xx responses"],
)
def test_app_and_server_see_of_each_other_what_they_see_without_us(
    environ: Mapping[str, str], bare: Any, silent_receiver: str
) -> None:
    # Each flush takes its time, in which the app may be cancelled, and a short one.
    settings = {"SENTRY_DSN": silent_receiver, "SENTRY_SHUTDOWN_TIMEOUT": "0.02"}
    ours = seen({**settings, **environ})
    differing = {case for case in bare if bare[case] != ours[case]}
    assert differing - OF_THE_SDK == set()
    assert len(bare) > 300
