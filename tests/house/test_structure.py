"""The package is built as docs/architecture.md says: stages in folders, and imports that lead one way."""

from __future__ import annotations

from pathlib import Path

import grimp
import pytest

from tests.harness.server import ROOT

PACKAGE = ROOT / "sentry_asgi_autoconf"
MODULES = sorted(PACKAGE.rglob("*.py"))


@pytest.fixture(scope="module")
def graph() -> grimp.ImportGraph:
    return grimp.build_graph(PACKAGE.name, exclude_type_checking_imports=False, cache_dir=None)


def test_no_imports_go_round_in_a_circle_type_checkers_included(graph: grimp.ImportGraph) -> None:
    circles = [
        f"{importer} -> {imported} -> … -> {importer}"
        for importer in graph.modules
        for imported in graph.find_modules_directly_imported_by(importer)
        if graph.chain_exists(importer=imported, imported=importer)
    ]
    assert circles == []


def test_a_newcomer_sees_the_stages_and_few_loose_modules() -> None:
    loose = [path.name for path in PACKAGE.glob("[!_]*.py")]
    assert len(loose) <= 8, loose
    assert len(MODULES) <= 150


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.relative_to(PACKAGE).as_posix())
def test_a_module_is_read_in_one_sitting(path: Path) -> None:
    assert len(path.read_text().splitlines()) <= 300
