"""Every server in every mode serves every kind of app: wrapped once, reporting what it would report by hand."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any, Callable, Iterator

import pytest
import trustme

from tests.harness.envelopes import Project
from tests.harness.parity import normalised
from tests.harness.server import Server
from tests.servers.exercise import Certificate, Outcome, Running, exercise, has_websocket
from tests.servers.modes import KINDS, MODES, Mode

CELLS = [(mode, kind) for mode in MODES for kind in mode.kinds]
pytestmark = pytest.mark.matrix

Start = Callable[..., Server]


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    """Make a certificate for this machine."""
    directory = tmp_path_factory.mktemp("certificate")
    issued = trustme.CA().issue_cert("127.0.0.1", "localhost")
    made = Certificate(directory / "key.pem", directory / "certificate.pem")
    issued.private_key_pem.write_to_path(str(made.key))
    for part in issued.cert_chain_pems:
        part.write_to_path(str(made.certificate), append=True)
    return made


@pytest.fixture
def short_directory() -> Iterator[Path]:
    """Return a directory whose path leaves room for a socket's name."""
    with tempfile.TemporaryDirectory() as directory:
        yield Path(directory)


@pytest.fixture(scope="session")
def baselines() -> dict[tuple[str, str], Outcome]:
    """Keep what the servers sent of apps that are instrumented by hand."""
    return {}


@pytest.mark.parametrize(
    ("mode", "kind"), CELLS, ids=[f"{mode.server}-{mode.name}-{kind}" for mode, kind in CELLS]
)
def test_a_server_serves_and_reports(
    mode: Mode,
    kind: str,
    start: Start,
    new_project: Callable[[], Project],
    certificate: Certificate,
    short_directory: Path,
    baselines: dict[tuple[str, str], Outcome],
    record_property: Callable[[str, Any], None],
) -> None:
    running = Running(mode, KINDS[kind][0], short_directory, certificate)
    ours = exercise(running, kind, start, new_project(), bootstrap=mode.bootstrap_by_path)

    assert ours.output.count("is instrumented by") == mode.serving
    assert ours.output.count("active: sentry_sdk is initialised") == mode.serving + mode.preparing
    errors = 2 if has_websocket(mode, kind) else 1
    assert len(ours.events) == errors
    assert len(ours.transactions) == requests(mode, kind)

    like = baseline_mode(mode)
    key = (f"{like.server} {like.name}", kind)
    if key not in baselines:
        baselines[key] = by_hand(like, kind, start, new_project(), certificate, short_directory)
    theirs = baselines[key]
    assert ours.status == theirs.status or mode != like
    compare(ours.events, theirs.events)
    compare(ours.transactions, theirs.transactions)
    record_property("cell", [mode.server, mode.name, kind, has_websocket(mode, kind)])


def requests(mode: Mode, kind: str) -> int:
    return (2 if KINDS[kind][1] else 3) + (2 if has_websocket(mode, kind) else 0)


def baseline_mode(mode: Mode) -> Mode:
    if mode.own_baseline:
        return mode
    return next(m for m in MODES if (m.server, m.transport) == (mode.server, mode.transport))


def by_hand(
    mode: Mode, kind: str, start: Start, project: Project, certificate: Certificate, directory: Path
) -> Outcome:
    running = Running(mode, "by_hand", directory, certificate)
    module, with_middleware = KINDS[kind]
    environ = {
        "APP": module,
        "WITH_MIDDLEWARE": "1" if with_middleware else "",
        "SETTINGS": "django_project_by_hand",
    }
    outcome = exercise(running, kind, start, project, bootstrap=False, environ=environ)
    outcome.events = [event for event in outcome.events if is_of_a_request(event)]
    return outcome


def is_of_a_request(event: Any) -> bool:
    """Leave out what only a set-up by hand reports: a missing lifespan, and errors again as the server logs them."""
    exceptions = event.get("exception", {}).get("values", [])
    return bool(exceptions) and not event.get("logger") and "lifespan" not in exceptions[-1]["value"]


def compare(ours: list[Any], theirs: list[Any]) -> None:
    for our_item, their_item in zip(ours, theirs, strict=True):
        assert comparable(our_item) == comparable(their_item)


def comparable(item: Any) -> Any:
    """Leave out the command line, which differs between modes, and what a websocket client makes up."""
    item.get("extra", {}).pop("sys.argv", None)
    item["request"]["headers"].pop("sec-websocket-key", None)
    return normalised(item)
