"""The documentation is complete, builds, and says what is so."""

from __future__ import annotations

import importlib
import pkgutil
import re
import subprocess
import sys
from pathlib import Path
from typing import Iterator

import sentry_asgi_autoconf
from sentry_asgi_autoconf.exceptions import AutoconfError
from tests.harness.server import ROOT
from tests.servers.modes import MODES

README = (ROOT / "README.md").read_text()


def errors(kind: type[AutoconfError]) -> Iterator[type[AutoconfError]]:
    """Yield every error of the family."""
    for child in kind.__subclasses__():
        yield child
        yield from errors(child)


def test_each_message_is_explained_under_its_slug_and_no_other_is() -> None:
    for module in pkgutil.walk_packages(sentry_asgi_autoconf.__path__, "sentry_asgi_autoconf."):
        if not re.search(r"__main__|\.bootstrap|\.example", module.name):
            importlib.import_module(module.name)
    explained = re.findall(r"^## (\S+)$", (ROOT / "docs" / "messages.md").read_text(), re.MULTILINE)
    assert explained == sorted({error.slug for error in errors(AutoconfError)})


def test_each_finding_of_check_is_explained_under_its_name_and_no_other_is() -> None:
    page = (ROOT / "docs" / "troubleshooting.md").read_text()
    messages = set(re.findall(r"^## (\S+)$", (ROOT / "docs" / "messages.md").read_text(), re.MULTILINE))
    troubles = re.findall(r"^## ([a-z-]+)$", page, re.MULTILINE)
    in_order = re.findall(r"^\| `([a-z-]+)` \|", page, re.MULTILINE)
    assert troubles == sorted(troubles)
    assert page.count("Symptom: ") == page.count("\nCause: ") == page.count("\nRemedy: ") == len(troubles)
    calls, texts = set(), set()
    for path in (ROOT / "sentry_asgi_autoconf" / "cli" / "checks").glob("*.py"):
        calls |= set(re.findall(r"\b(?:ok|warning|error)\(\s*\"([a-z-]+)\"", path.read_text()))
        texts |= set(re.findall(r"\"([a-z-]+)\"", path.read_text()))
    assert calls <= {*troubles, *in_order, *messages}
    assert {*troubles, *in_order} <= texts


def test_the_readme_s_test_command_is_what_ci_runs() -> None:
    commands = re.findall(r"^python3 -m venv .*$", README, re.MULTILINE)
    assert len(commands) == 2
    assert (ROOT / ".ci" / "run").read_text().splitlines()[-1] == commands[1]


def test_what_does_not_apply_to_a_server_s_mode_is_not_said_to_fail() -> None:
    page = (ROOT / "docs" / "reference" / "servers.md").read_text()
    assert "| – | does not apply" in page
    for mode in MODES:
        rows = re.findall(rf"^\| `{re.escape(mode.name)}`.*$", page, re.MULTILINE)
        is_frameworks_own = len(mode.kinds) == 1
        assert rows and all("✓" in row and ("–" in row) is is_frameworks_own for row in rows), mode
        assert not is_frameworks_own or not any("| no |" in row for row in rows), mode


def test_the_documentation_builds_without_a_warning(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "sphinx", "-W", "-q", str(ROOT / "docs"), str(tmp_path)]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (result.returncode, result.stderr) == (0, "")
    assert (tmp_path / "reference" / "settings.html").exists()


def test_what_a_fleet_pays_is_what_the_benchmarks_say() -> None:
    command = [sys.executable, "docs/generate_fleet_costs.py", "--check"]
    result = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert (result.returncode, result.stderr) == (0, "")


def test_the_version_is_said_in_one_place() -> None:
    found = [
        path
        for path in (*ROOT.glob("*.toml"), *(ROOT / "sentry_asgi_autoconf").rglob("*.py"))
        if f'"{sentry_asgi_autoconf.__version__}"' in path.read_text()
    ]
    assert found == [ROOT / "sentry_asgi_autoconf" / "__init__.py"]
