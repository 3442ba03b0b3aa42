"""Fixtures: the receiver, one project of it per test, and servers that end with their test."""

from __future__ import annotations

import platform
import signal
import sys
from pathlib import Path
from typing import Any, Callable, Iterator, Mapping, Sequence

import pytest

from sentry_asgi_autoconf.inbox.server import BackgroundInbox
from sentry_asgi_autoconf.inbox.store import Store
from tests.harness.envelopes import Project
from tests.harness.results import Results
from tests.harness.server import APPS, Server, environment
from tests.quick import Watch, is_quick

pytest_plugins = ["tests.harness.policies"]

# What starts many servers or environments: the default run has their like, with fewer of them.
SLOW = (
    "activation/test_exclusions.py",
    "activation/test_forks.py",
    "activation/test_layers_of_a_process.py",
    "activation/test_releases.py",
    "bootstrap/test_neighbours.py",
    "bootstrap/test_subinterpreters.py",
    "cli/test_check_command.py",
    "cli/test_check_delivery.py",
    "cli/test_packed_apps.py",
    "cli/test_real_receiver.py",
    "cli/test_redirection.py",
    "conformance/test_running.py",
    "fleet/test_bundle_everywhere.py",
    "fleet/test_install.py",
    "fleet/test_kubernetes_served.py",
    "fleet/test_launchers.py",
    "flushing/test_deadline.py",
    "flushing/test_failed_boot.py",
    "flushing/test_server_noise.py",
    "flushing/test_shutdown.py",
    "house/test_distributions.py",
    "house/test_pictures.py",
    "inbox/test_browser.py",
    "integrations/test_asyncio_integration.py",
    "integrations/test_deferred_in_served_apps.py",
    "integrations/test_deferred_libraries.py",
    "policy/test_destinations.py",
    "policy/test_fuzz_of_boots.py",
    "policy/test_leaving.py",
    "policy/test_rates_of_callers.py",
    "reliability/test_command.py",
    "sdk/test_configurators.py",
    "sdk/test_earlier_init.py",
    "sdk/test_every_way_to_init.py",
    "sdk/test_garbage.py",
    "sdk/test_later_environment.py",
    "sdk/test_parity_of_own_init.py",
    "sdk/test_pickled_client.py",
    "sdk/test_ways_to_init.py",
    "servers",
    "serving/test_background_tasks.py",
    "serving/test_bodies.py",
    "serving/test_bodies_that_the_sdk_reads.py",
    "serving/test_child_processes.py",
    "serving/test_errors_let_go.py",
    "serving/test_opened_request.py",
    "serving/test_raising_hooks.py",
    "serving/test_redaction_of_odd_events.py",
    "third_party",
    "wrapping/test_channels.py",
    "wrapping/test_made_before_init.py",
    "wrapping/test_wsgi_bridges.py",
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what is slow, and what is quick wherever it is."""
    here = Path(__file__).parent
    for item in items:
        path = item.path.relative_to(here).as_posix()
        if path in SLOW or path.partition("/")[0] in SLOW:
            item.add_marker(pytest.mark.slow)
        if not {"matrix", "slow"} & set(item.keywords) and is_quick(item):
            item.add_marker(pytest.mark.quick)


def pytest_configure(config: pytest.Config) -> None:
    """Gather results where all tests are reported: not in the processes that run them side by side."""
    if signal.getsignal(signal.SIGHUP) is signal.SIG_IGN:
        # As under nohup: what a test starts inherits what is ignored, and not what is handled.
        signal.signal(signal.SIGHUP, lambda number, frame: None)
    config.pluginmanager.register(Watch())
    if not hasattr(config, "workerinput"):
        config.pluginmanager.register(Results())


@pytest.fixture(scope="session")
def inbox() -> Iterator[BackgroundInbox]:
    """Run the receiver in this test process; it keeps all that one test sends, and nothing of those before."""
    with BackgroundInbox(store=Store(max_items=50_000, max_bytes=2**30)) as running:
        yield running


@pytest.fixture(scope="session")
def conformance() -> Callable[[dict[str, Any]], None]:
    """Check an event or transaction with the code by which Sentry itself takes events in."""
    if (sys.platform, platform.machine()) != ("linux", "x86_64") or sys.version_info < (3, 10):
        return lambda event: None  # there is no build of that code
    from sentry_relay.processing import StoreNormalizer

    normalizer = StoreNormalizer(
        project_id=7,
        client="sentry.python/2.75.0",
        protocol_version="7",
        remove_other=True,
        normalize_user_agent=True,
        enable_trimming=True,
    )

    def check(event: dict[str, Any]) -> None:
        assert not normalizer.normalize_event(event).get("errors")

    return check


@pytest.fixture
def new_project(
    inbox: BackgroundInbox, conformance: Callable[[dict[str, Any]], None]
) -> Iterator[Callable[[], Project]]:
    """Make projects that nothing else sends to; Sentry would take all that arrived in them without an error."""
    made: list[Project] = []

    def make() -> Project:
        made.append(Project(inbox))
        return made[-1]

    yield make
    for project in made:
        for item in project.items("event", "transaction"):
            conformance(item["payload"])
        inbox.store.clear(project.number)


@pytest.fixture
def project(new_project: Callable[[], Project]) -> Project:
    """Return the test's own project."""
    return new_project()


Start = Callable[..., Server]


@pytest.fixture
def start(project: Project) -> Iterator[Start]:
    """Start servers that report to the test's project with all traces, and end them after the test."""
    running: list[Server] = []

    def begin(
        command: Sequence[str],
        environ: Mapping[str, str | None] | None = None,
        *,
        bootstrap: bool = True,
        cwd: Path = APPS,
    ) -> Server:
        settings = {"SENTRY_DSN": project.dsn, "SENTRY_TRACES_SAMPLE_RATE": "1.0", **(environ or {})}
        wanted = {name: value for name, value in settings.items() if value is not None}
        server = Server(command, environment(wanted, bootstrap=bootstrap), cwd)
        running.append(server)
        return server

    yield begin
    for server in running:
        server.end()
