"""Fixtures: policies in files, and a second receiver that a policy forbids."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Callable, Iterator, Mapping

import pytest

from sentry_asgi_autoconf.activation.layers import Loaded, load
from tests.harness import toml_text
from tests.harness.boots import Boots
from tests.harness.envelopes import Project

Policy = Callable[..., "dict[str, str]"]


@pytest.fixture
def policy(tmp_path: Path) -> Policy:
    """Write a policy of these tables, and give the variables by which it applies."""

    def write(**tables: Mapping[str, Any]) -> dict[str, str]:
        path = tmp_path / "policy.toml"
        path.write_text(toml_text.tables(tables))
        return {"SENTRY_ASGI_POLICY": str(path)}

    return write


Read = Callable[..., Loaded]


@pytest.fixture
def read(policy: Policy) -> Read:
    """Read the settings of an environment under a policy of these tables."""

    def under(environ: Mapping[str, str] | None = None, **tables: Mapping[str, Any]) -> Loaded:
        loaded = load({**policy(**tables), **(environ or {})})
        assert list(map(str, loaded.problems)) == []
        return loaded

    return under


@pytest.fixture
def other(new_project: Callable[[], Project]) -> Project:
    """Return the project that an app reports to by its own init: at another host, as its DSN has it."""
    project = new_project()
    project.dsn = project.dsn.replace("127.0.0.1", "localhost")
    return project


@pytest.fixture(scope="module")
def boots(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Boots]:
    """Yield what boots real processes."""
    started = Boots(tmp_path_factory.mktemp("boots"))
    yield started
    started.end()
