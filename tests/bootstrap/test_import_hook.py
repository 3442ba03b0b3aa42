"""Hooked modules are left as they would be without the hook."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.harness.server import environment, run


@pytest.fixture
def watched(tmp_path: Path) -> dict[str, str]:
    """Return an environment in which module `watched`, at `tmp_path / "watched.py"`, is the trigger of an adapter."""
    metadata = tmp_path / "toy-1.0.dist-info"
    metadata.mkdir()
    (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: toy\nVersion: 1.0\n")
    (metadata / "entry_points.txt").write_text(
        "[sentry_asgi_autoconf.servers]\nwatched = toy:join\nother.inner = toy:join\n"
    )
    (tmp_path / "toy.py").write_text(
        "import sys\ndef join(module, runtime): print('joined', module.__name__, file=sys.stderr)\n"
    )
    (tmp_path / "watched.py").write_text("loader = __loader__\nspec_loader = __spec__.loader\n")
    environ = environment({"SENTRY_ASGI_WATCH": "watched,other.inner"})
    environ["PYTHONPATH"] += f":{tmp_path}"
    return environ


def test_loader_and_spec_are_the_modules_own_while_it_executes_and_after(watched: dict[str, str]) -> None:
    code = (
        "import watched; kinds = [watched.loader, watched.spec_loader, watched.__loader__, watched.__spec__.loader]\n"
        "print({type(kind).__module__ + '.' + type(kind).__name__ for kind in kinds}, len({id(k) for k in kinds}))"
    )
    result = run(code, watched)
    assert result.stdout == "{'_frozen_importlib_external.SourceFileLoader'} 1\n"


@pytest.mark.parametrize("text", ["raise RuntimeError('theirs')", "import no_such_module", "def", "1/0"])
def test_the_traceback_of_a_failing_module_is_as_without_us(
    text: str, watched: dict[str, str], tmp_path: Path
) -> None:
    (tmp_path / "watched.py").write_text(text + "\n")
    with_us = run("import watched", watched)
    without = run("import watched", {**watched, "SENTRY_ASGI_ENABLED": "false"})
    assert (with_us.returncode, with_us.stderr) == (without.returncode, without.stderr)
    assert "watched.py" in with_us.stderr


def test_a_module_that_fails_and_succeeds_later_is_noticed_once_it_succeeds(
    watched: dict[str, str], tmp_path: Path
) -> None:
    (tmp_path / "watched.py").write_text("import os\nif 'FINE' not in os.environ: raise ImportError\n")
    code = (
        "import os, sys\n"
        "try: import watched\n"
        "except ImportError: print('failed', file=sys.stderr)\n"
        "os.environ['FINE'] = '1'\n"
        "import watched"
    )
    failed, noticed = run(code, watched).stderr.splitlines()
    assert failed == "failed"
    assert "joined watched" in noticed


def test_a_reloaded_module_is_noticed_again(watched: dict[str, str]) -> None:
    result = run("import watched, importlib; importlib.reload(watched)", watched)
    assert result.stderr.count("joined watched") == 2


def test_looking_for_a_watched_module_does_not_import_it(watched: dict[str, str]) -> None:
    code = (
        "import sys, importlib.util\n"
        "spec = importlib.util.find_spec('watched')\n"
        "print(spec.origin.endswith('watched.py'), 'watched' in sys.modules, spec.loader.get_filename('watched'))"
    )
    result = run(code, watched)
    assert result.stdout.startswith("True False /")
    assert result.stderr == ""


def test_a_watched_module_that_is_missing_is_missed_as_ever(watched: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / "watched.py").unlink()
    result = run("import watched", watched)
    assert result.stderr.rstrip().endswith("ModuleNotFoundError: No module named 'watched'")


def test_a_finder_that_searches_all_finders_from_within_its_own_search_is_no_trouble(
    watched: dict[str, str],
) -> None:
    code = (
        "import sys, importlib.util\n"
        "class Finder:\n"
        "    busy = False\n"
        "    def find_spec(self, name, path=None, target=None):\n"
        "        if name != 'watched' or self.busy: return None\n"
        "        self.busy = True\n"
        "        try: return importlib.util.find_spec(name)\n"
        "        finally: self.busy = False\n"
        "for position in (0, len(sys.meta_path)):\n"
        "    sys.meta_path.insert(position, Finder())\n"
        "import watched; print(type(watched.__loader__).__name__)"
    )
    result = run(code, watched)
    assert result.stdout == "SourceFileLoader\n"
    assert result.stderr.count("joined watched") == 1


def test_a_finder_of_the_old_kind_is_passed_over(watched: dict[str, str]) -> None:
    code = (
        "import sys\n"
        "class Legacy:\n"
        "    def find_module(self, name, path=None): return None\n"
        "sys.meta_path.insert(1, Legacy())\n"
        "import watched; print(type(watched.__loader__).__name__)"
    )
    result = run(code, watched, "-W", "ignore")
    assert result.stdout == "SourceFileLoader\n"
    assert result.stderr == "joined watched\n"


def test_a_watched_submodule_is_noticed_and_its_package_is_not(
    watched: dict[str, str], tmp_path: Path
) -> None:
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "__init__.py").touch()
    (tmp_path / "other" / "inner.py").touch()
    assert run("import other", watched).stderr == ""
    assert "joined other.inner" in run("import other.inner", watched).stderr


def test_nothing_goes_to_stdout(watched: dict[str, str]) -> None:
    assert run("import watched", watched).stdout == ""


def test_a_broken_runtime_costs_one_line_and_nothing_else(tmp_path: Path) -> None:
    (tmp_path / "sentry_asgi_autoconf").mkdir()
    (tmp_path / "sentry_asgi_autoconf" / "__init__.py").write_text("raise RuntimeError('broken')\n")
    (tmp_path / "watched.py").touch()
    environ = environment({"SENTRY_ASGI_WATCH": "watched"})
    environ["PYTHONPATH"] += f":{tmp_path}"
    result = run("import watched; print('fine')", environ)
    assert result.stdout == "fine\n"
    (line,) = result.stderr.splitlines()
    assert "RuntimeError: broken" in line


def test_a_trigger_without_an_adapter_is_named_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "watched.py").touch()
    (tmp_path / "another.py").touch()
    environ = environment({"SENTRY_ASGI_WATCH": "watched,another"})
    environ["PYTHONPATH"] += f":{tmp_path}"
    (line,) = run("import watched, another", environ).stderr.splitlines()
    assert "declares an adapter for watched" in line


def test_an_adapter_that_fails_is_named_in_one_line(watched: dict[str, str], tmp_path: Path) -> None:
    for text in (
        "def join(module, runtime): 1 / 0",
        "def join(): pass",
        "raise RuntimeError",
        "other_name = 1",
    ):
        (tmp_path / "toy.py").write_text(text + "\n")
        result = run("import watched; print('fine')", watched)
        assert result.stdout == "fine\n"
        (line,) = result.stderr.splitlines()
        assert "toy:join" in line
        assert line.endswith("[adapter-failed]")
