"""What the pages tell their readers to do works as it is written."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import Any, Iterator

import pytest
import tomllib
import yaml  # type: ignore[import-untyped] # no stubs

from tests.harness.envelopes import Project
from tests.harness.pages import Reader, blocks, commands
from tests.harness.server import ROOT

PAGES = [
    ROOT / "README.md",
    ROOT / "sitecustomize_example" / "README.md",
    *sorted((ROOT / "docs").rglob("*.md")),
]
# Followed to the letter below, or by the test that is named.
FOLLOWED = {"docs/tutorial.md", "docs/testing.md"}
ELSEWHERE = {
    "README.md": "house/test_pages.py",
    "docs/adapters.md": "third_party/test_installed_adapter.py",
    "docs/aws-lambda.md": "servers/test_aws_lambda.py",
    "docs/background-tasks.md": "integrations/test_asyncio_integration.py",
    "docs/benchmarks.md": "benchmarks/test_benchmarks.py",
    "docs/budgets.md": "serving/test_trace_budget.py",
    "docs/bundle.md": "fleet/test_bundle.py",
    "docs/configuration.md": "cli/test_config_output.py",
    "docs/conformance.md": "conformance/test_running.py",
    "docs/coverage.md": "coverage/__main__.py",
    "docs/how-it-works.md": "conftest.py",  # how every test serves
    "docs/inbox.md": "cli/test_run_inbox.py",
    "docs/install.md": "fleet/test_install.py",
    "docs/mutation.md": "mutation/__main__.py",
    "docs/reliability.md": "reliability/test_command.py",
    "docs/servers.md": "servers/test_page_of_servers.py",
    "docs/troubleshooting.md": "cli/test_check_command.py",
    "docs/where-time-goes.md": "benchmarks/test_benchmarks.py",
    "sitecustomize_example/README.md": "cli/test_example.py",
}


@pytest.fixture
def reader(tmp_path: Path, project: Project) -> Iterator[Reader]:
    """Return somebody who reads a page, and has the project's DSN where the page has an example's."""
    found = Reader(tmp_path, {})
    yield found
    found.stop()


def test_the_tutorial_works_as_written(reader: Reader, project: Project) -> None:
    text = (ROOT / "docs" / "tutorial.md").read_text()
    reader.follow(text.replace("https://examplePublicKey@o0.ingest.sentry.io/0", project.dsn))
    assert "KeyError" in reader.output()
    # The last command shows what its page says.
    assert [event["message"] for event in project.wait("event")] == [
        "Test event of sentry-asgi-autoconf check"
    ]


def test_the_inbox_in_a_test_works_as_written(reader: Reader, tmp_path: Path) -> None:
    (tmp_path / "main.py").write_text((ROOT / "tests" / "apps" / "raw3.py").read_text())
    (tmp_path / "production.env").write_text("SENTRY_ENVIRONMENT=production\n")
    reader.follow((ROOT / "docs" / "testing.md").read_text())
    assert "Uvicorn running" in reader.output()


def test_the_quick_start_works_as_written(reader: Reader, project: Project, tmp_path: Path) -> None:
    readme = (ROOT / "README.md").read_text()
    start = readme[readme.index("## Quick start") : readme.index("## What it will not do")]
    assert "uvicorn main:app --workers 4" in start
    (tmp_path / "main.py").write_text((ROOT / "tests" / "apps" / "raw3.py").read_text())
    text = re.sub(r"https://…@\S+", project.dsn, start).replace("--workers 4", "--workers 4 --port 8000")
    reader.follow(text)


def test_the_page_of_the_command_line_is_what_it_prints() -> None:
    code = "import sys, generate_cli; sys.stdout.write(generate_cli.page())"
    printed = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT / "docs", capture_output=True, text=True, check=True
    ).stdout
    assert (ROOT / "docs" / "reference" / "cli.md").read_text() == printed, "run: python docs/generate_cli.py"


def test_every_page_with_commands_is_followed_by_a_test() -> None:
    with_commands = {
        path.relative_to(ROOT).as_posix()
        for path in PAGES
        if any(list(commands(block)) for block in blocks(path.read_text()) if block.language == "console")
    }
    assert with_commands == FOLLOWED | ELSEWHERE.keys()
    assert all((ROOT / "tests" / path).exists() for path in ELSEWHERE.values())


def test_a_file_that_a_page_shows_is_what_it_shows() -> None:
    for path in PAGES:
        text = path.read_text()
        assert not re.search(r"literalinclude|code-block", text), path  # which shows nothing on a forge
        for name, shown in re.findall(r"<!-- file: (\S+) -->\n```\w+\n(.*?)^```", text, re.M | re.S):
            assert shown == (ROOT / name).read_text(), (path, name)


LANGUAGES = {"console", "python", "toml", "json", "yaml", "text", "ini", "dockerfile", "sh", "xml", "diff"}


def test_each_block_is_what_its_language_says() -> None:
    for path in PAGES:
        for language, text in blocks(path.read_text()):
            assert language in LANGUAGES, (path, language)
            check: Any = {"toml": tomllib.loads, "yaml": lambda each: list(yaml.safe_load_all(each))}.get(
                language
            )
            if language == "python":
                compile(text, str(path), "exec")
            elif check:
                check(text)
