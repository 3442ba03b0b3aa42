"""What a boot costs by where its settings lie: in variables alone, or in a policy, a config file or secrets as well."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Iterator, Sequence

from tests.benchmarks import bars, ratios
from tests.benchmarks.bars import Bar
from tests.benchmarks.charts import Chart
from tests.benchmarks.conditions import Conditions, in_turn
from tests.benchmarks.environments import MINIMAL
from tests.benchmarks.parts.boot import boot
from tests.benchmarks.ratios import Round
from tests.benchmarks.tables import Table
from tests.benchmarks.variants import ERRORS_ONLY, OURS

PAIRS = 4  # boots of each, in one round
POLICY = """
[defaults]
max_breadcrumbs = 50
asgi_excluded_paths = ["/health*"]
[limits.sample_rate]
min = 0.5
[enforced]
send_default_pii = false
"""
CONFIG = "max_breadcrumbs = 50\n"
LABELS = {
    "variables": "variables alone",
    "policy": "and a policy file",
    "config": "and a config file",
    "secrets": "and a secrets directory",
}


def measure(conditions: Conditions, number: int) -> Iterator[Round]:
    """Yield boots with each source of settings, in turn."""
    started = conditions.start(OURS, ERRORS_ONLY, MINIMAL, "starlette_app")
    with tempfile.TemporaryDirectory() as directory:
        variables = _sources(Path(directory), started.environ["SENTRY_RELEASE"])
        for name in variables if number == 0 and not conditions.quick else ():
            boot(started._replace(environ={**started.environ, **variables[name]}))  # writes the bytecode
        for pair in range(1 if conditions.quick else PAIRS):
            yield {
                "boot": {
                    name: boot(started._replace(environ={**started.environ, **variables[name]}))
                    for name in in_turn(list(variables), number + pair)
                }
            }


def _sources(directory: Path, release: str) -> dict[str, dict[str, str]]:
    policy, config, secrets = directory / "policy.toml", directory / "sentry.toml", directory / "secrets"
    policy.write_text(POLICY)
    config.write_text(CONFIG)
    secrets.mkdir()
    (secrets / "SENTRY_RELEASE").write_text(release)
    return {
        "variables": {},
        "policy": {"SENTRY_ASGI_POLICY": str(policy)},
        "config": {"SENTRY_ASGI_CONFIG": str(config)},
        "secrets": {"SENTRY_ASGI_SECRETS_DIR": str(secrets), "SENTRY_RELEASE": ""},
    }


def tables(rounds: Sequence[Round]) -> Iterator[Table]:
    """Yield the table."""
    rows = [
        (
            label,
            f"{ratios.median(rounds, 'boot', name, 's'):.2f}",
            f"{ratios.median(rounds, 'boot', name, 'CPU s'):.2f}",
            f"{ratios.ratio(rounds, 'boot', name, 'variables', 'CPU s'):.3f}",
        )
        for name, label in LABELS.items()
    ]
    yield Table(
        "Boot to the first response, by the sources of settings", ["", "s", "CPU s", "CPU, by pairs"], rows
    )


def promises(rounds: Sequence[Round]) -> Iterator[Bar]:
    """Yield what is promised of a boot with a policy."""
    measured = ratios.ratio(rounds, "boot", "policy", "variables", "CPU s")
    yield bars.at_most("boot with a policy file, against variables alone", 1.05, measured)


def charts(rounds: Sequence[Round]) -> Iterator[Chart]:
    """Yield none: the table says it."""
    yield from ()
