"""`litestar run` serves in its own process but with the options and variables by which it starts others."""

from __future__ import annotations

import pytest
from litestar.cli.commands.core import run_command

from sentry_asgi_autoconf.servers.framework_commands import _litestar_serves_itself

STARTS_OTHERS = [each for each in run_command.params if str(each.name).startswith(("reload", "wc"))]
OPTIONS = [option for each in STARTS_OTHERS for option in each.opts]
NAMES = [[each.envvar] if isinstance(each.envvar, str) else each.envvar or () for each in STARTS_OTHERS]
VARIABLES = [name for names in NAMES for name in names]


@pytest.fixture(autouse=True)
def _no_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)


def test_without_them_it_serves_itself() -> None:
    assert {"-r", "--reload-dir", "-W"} <= set(OPTIONS)
    assert _litestar_serves_itself(["--app", "shop:app", "run", "--port", "80"])
    assert _litestar_serves_itself(["--reload", "run"])  # no option of `run`
    assert not _litestar_serves_itself(["--app", "shop:app", "routes"])


@pytest.mark.parametrize("option", OPTIONS)
def test_with_such_an_option_it_starts_others(option: str) -> None:
    assert not _litestar_serves_itself(["run", option, "2"])
    assert not _litestar_serves_itself(["run", f"{option}=2"])


@pytest.mark.parametrize("name", VARIABLES)
def test_with_such_a_variable_it_starts_others(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(name, "2")
    assert not _litestar_serves_itself(["run"])
