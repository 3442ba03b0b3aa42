"""What stands around the code leads somewhere: links, workflows, hooks, and what contributors are told to run."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, Iterator

import pytest
import yaml  # type: ignore[import-untyped] # no stubs

from tests.harness.server import ROOT
from tests.house.test_checks import CHECKS

REPOSITORY = "https://github.com/sentry-asgi-autoconf/sentry-asgi-autoconf"
DOCS = "https://sentry-asgi-autoconf.readthedocs.io"
README, PYPROJECT, CHANGELOG, CONTRIBUTING, SECURITY = (
    (ROOT / name).read_text()
    for name in (
        "README.md",
        "pyproject.toml",
        "CHANGELOG.md",
        ".github/CONTRIBUTING.md",
        ".github/SECURITY.md",
    )
)
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))


def local(address: str) -> Path | None:
    """Return the file of this repository that an address of the project leads to, or None for another's."""
    source = re.match(rf"{REPOSITORY}/(?:blob|tree)/main/([^#]+)", address)
    page = re.match(rf"{DOCS}/en/latest/([^#]+)\.html", address)
    if source:
        return ROOT / source[1]
    return ROOT / "docs" / f"{page[1]}.md" if page else None


def steps(workflow: dict[str, Any]) -> Iterator[str]:
    """Yield what the steps of a workflow run."""
    for job in workflow["jobs"].values():
        yield from (step["run"] for step in job.get("steps", ()) if "run" in step)


def parsed(path: Path) -> dict[str, Any]:
    """Return a YAML file's mapping."""
    read = yaml.safe_load(path.read_text())
    assert isinstance(read, dict), path
    return read


def test_the_readme_s_links_are_absolute_as_a_package_index_needs_them() -> None:
    targets = re.findall(r"\]\(([^)]+)\)", README) + re.findall(r"^\[[^\]]+\]: (\S+)$", README, re.MULTILINE)
    assert targets and all(target.startswith("https://") for target in targets)


def test_each_reference_of_the_readme_is_defined_and_used() -> None:
    prose = re.sub(r"^```.*?^```$|^\[[^\n]*$", "", README, flags=re.MULTILINE | re.DOTALL)
    defined = set(re.findall(r"^\[([^\]]+)\]: ", README, re.MULTILINE))
    used = {name.lower() for name in re.findall(r"\[([^\[\]]+)\](?!\[)", prose)}
    assert used == defined


@pytest.mark.parametrize("text", [README, PYPROJECT, CHANGELOG], ids=["README", "pyproject", "CHANGELOG"])
def test_each_address_of_the_project_leads_to_a_file(text: str) -> None:
    ours = re.findall(rf"(?:{REPOSITORY}|{DOCS})[^\s)\"]*", text)
    files = {address: local(address) for address in ours}
    assert files and all(file.exists() for file in files.values() if file), files
    others = {address for address, file in files.items() if not file}
    assert others <= {REPOSITORY, DOCS, f"{REPOSITORY}/issues", f"{REPOSITORY}/commits/main"}


@pytest.mark.parametrize("text", [CONTRIBUTING, SECURITY], ids=["CONTRIBUTING", "SECURITY"])
def test_what_contributors_are_told_to_open_or_run_exists(text: str) -> None:
    links = [ROOT / ".github" / target for target in re.findall(r"\]\(([^)#:]+)\)", text)]
    paths = [
        ROOT / name for name in re.findall(r"`((?:sentry_asgi_autoconf|tests|docs|\.ci)/[\w./]*)`", text)
    ]
    assert [path for path in (*links, *paths) if not path.exists()] == []
    for command in re.findall(r"\bpython ([^`\n]+)", text):
        assert_runs(command)


def test_contributors_are_told_of_each_folder_of_the_tests() -> None:
    table = CONTRIBUTING.partition("## Where a test is")[2].partition("\n\n##")[0]
    told = re.findall(r"`(\w+)`", "\n".join(re.findall(r"^\| (`.*?) \|", table, re.MULTILINE)))
    folders = {
        path.name for path in (ROOT / "tests").iterdir() if path.is_dir() and path.name != "__pycache__"
    }
    assert sorted(told) == sorted(folders)


def assert_runs(command: str) -> None:
    """Fail if what `python` is to run is a file or module of this project that does not exist."""
    module = re.match(r"-m (tests[\w.]*)", command)
    if module:
        package = ROOT / module[1].replace(".", "/")
        assert package.with_suffix(".py").exists() or (package / "__main__.py").exists(), command
    for file in re.findall(r"\b(?:tests|docs)/[\w/]+\.py", command):
        assert (ROOT / file).exists(), command


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_each_workflow_runs_what_exists_with_no_right_it_does_not_need(path: Path) -> None:
    workflow = parsed(path)
    assert workflow["permissions"] == {"contents": "read"}
    assert all("timeout-minutes" in job or "uses" in job for job in workflow["jobs"].values())
    for job in workflow["jobs"].values():
        called = [job["uses"]] if "uses" in job else [step["uses"] for step in job["steps"] if "uses" in step]
        for action in called:
            assert re.fullmatch(r"[\w./-]+@[\w./-]+", action) or (ROOT / action).exists(), action
    for command in steps(workflow):
        assert_runs(command.partition("python ")[2])
        assert all((ROOT / file).exists() for file in re.findall(r"^\.[\w/]+/run\b", command))


def test_the_workflow_of_the_tests_runs_what_the_readme_says_and_what_ci_runs() -> None:
    ran = list(steps(parsed(ROOT / ".github" / "workflows" / "tests.yml")))
    assert re.findall(r"^python3 -m venv .*$", README, re.MULTILINE)[1] in ran
    assert ".ci/run" in ran


def test_each_python_that_the_package_names_is_tested_and_installed_on() -> None:
    named = set(re.findall(r'"Programming Language :: Python :: (3\.\d+)"', PYPROJECT))
    assert {"3.7", "3.14"} <= named
    tests = parsed(ROOT / ".github" / "workflows" / "tests.yml")["jobs"]
    installed = parsed(ROOT / ".github" / "workflows" / "distributions.yml")["jobs"]["installed"]
    matrices = [tests[job]["strategy"]["matrix"]["python"] for job in ("default", "releases")]
    assert {*matrices[0], *matrices[1]} == named == set(installed["strategy"]["matrix"]["python"])


def test_the_hooks_before_a_commit_are_checks_of_the_tests() -> None:
    hooks = parsed(ROOT / ".pre-commit-config.yaml")["repos"][0]["hooks"]
    assert {hook["id"]: hook["entry"].split()[0] for hook in hooks} == {
        name.replace(" ", "-"): command[0] for name, command in CHECKS.items()
    }


def test_dependabot_and_the_documentation_s_host_are_told_of_directories_that_exist() -> None:
    for update in parsed(ROOT / ".github" / "dependabot.yml")["updates"]:
        for directory in update.get("directories", [update.get("directory")]):
            assert (ROOT / directory.strip("/")).is_dir()
    assert (ROOT / parsed(ROOT / ".readthedocs.yaml")["sphinx"]["configuration"]).exists()


def test_the_changelog_has_the_form_that_it_names() -> None:
    assert CHANGELOG.startswith("# Changelog\n") and "keepachangelog.com" in CHANGELOG
    assert re.findall(r"^## (.*)$", CHANGELOG, re.MULTILINE)[0] == "[Unreleased]"
    for heading in re.findall(r"^## (.*)$", CHANGELOG, re.MULTILINE)[1:]:
        assert re.fullmatch(r"\[\d+\.\d+\.\d+\] - \d{4}-\d\d-\d\d", heading)
    kinds = {"Added", "Changed", "Deprecated", "Removed", "Fixed", "Security"}
    assert set(re.findall(r"^### (.*)$", CHANGELOG, re.MULTILINE)) <= kinds
