"""Imports that go other ways: circular, failing, too old, in many threads, after a fork."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.harness.server import DEADLINE, environment, run
from tests.integrations.instrumentation import report

# What the SDK's integration for Bottle needs of it.
BOTTLE = """
__version__ = "0.13.0"
request = None
class HTTPResponse: pass
class Bottle:
    def __call__(self): return "called"
    def _handle(self): pass
class Route:
    def _make_callback(self): pass
"""
PATCHED = ["bottle.inner.Bottle.__call__", "bottle.inner.Bottle._handle"]


@pytest.fixture
def library(tmp_path: Path) -> Path:
    """Return the directory of a small library by the name of bottle, of which each module imports another."""
    package = tmp_path / "bottle"
    package.mkdir()
    (package / "__init__.py").write_text("from bottle.inner import *\nfrom bottle.inner import __version__\n")
    (package / "inner.py").write_text("import bottle\nimport bottle.outer\n" + BOTTLE)
    (package / "outer.py").write_text("import bottle\nfrom bottle import inner\n")
    return package


def found_with(library: Path, code: str) -> dict[str, Any]:
    """Run `code` where the library can be imported."""
    return report(f"import sys\nsys.path.insert(0, {str(library.parent)!r})\n{code}")


def output_with(library: Path, code: str) -> Any:
    """Run `code` where the library can be imported and the SDK is initialised, and give all that it prints."""
    environ = environment({"SENTRY_DSN": "http://key@127.0.0.1:9/1", "SENTRY_ASGI_PROCESSES": "all"})
    return run(f"import sys\nsys.path.insert(0, {str(library.parent)!r})\n{code}", environ)


@pytest.mark.parametrize("code", ["import bottle", "import bottle.outer", "from bottle import Bottle, Route"])
def test_a_library_whose_modules_import_one_another(code: str, library: Path) -> None:
    found = found_with(library, code)
    assert "bottle" in found["integrations"]
    assert [place for place in found["patched"] if "Bottle" in place] == PATCHED


def test_what_is_imported_by_name_is_patched(library: Path) -> None:
    code = "from bottle import Bottle\nprint(Bottle.__call__.__code__.co_filename)"
    assert "/sentry_sdk/" in output_with(library, code).stdout


def test_a_library_that_fails_half_way_and_is_imported_later(library: Path) -> None:
    (library / "__init__.py").write_text(
        "import sys\nfrom bottle.inner import *\nfrom bottle.inner import __version__\n"
        "if not hasattr(sys, 'fine'): raise RuntimeError('not yet')\n"
    )
    attempt = "try: import bottle\nexcept RuntimeError: pass\nelse: raise SystemExit('imported')\n"
    assert "bottle" not in found_with(library, attempt)["integrations"]
    found = found_with(library, f"{attempt}{attempt}sys.fine = True\nimport bottle")
    assert "bottle" in found["integrations"]
    assert [place for place in found["patched"] if "Bottle" in place] == PATCHED


def test_the_traceback_of_a_failing_library_is_as_without_us(library: Path) -> None:
    (library / "inner.py").write_text("1 / 0")
    code = f"import sys\nsys.path.insert(0, {str(library.parent)!r})\nimport bottle"
    with_us, without = output_with(library, "import bottle"), run(code, environment(bootstrap=False))
    assert (with_us.returncode, with_us.stderr) == (without.returncode, without.stderr)


def test_a_library_that_another_one_imports_before_it_fails_is_instrumented(library: Path) -> None:
    (library.parent / "falcon").mkdir()
    (library.parent / "falcon" / "__init__.py").write_text("import bottle\n1 / 0\n")
    found = found_with(library, "try: import falcon\nexcept ZeroDivisionError: import bottle")
    assert "bottle" in found["integrations"]


def test_a_library_that_is_too_old_costs_nothing(library: Path) -> None:
    (library / "inner.py").write_text(BOTTLE.replace("0.13.0", "0.1"))
    result = output_with(library, "import bottle\nprint(bottle.Bottle()())")
    assert (result.stdout, result.stderr) == ("called\n", "")
    assert "bottle" not in found_with(library, "import bottle")["integrations"]


@pytest.mark.parametrize(
    ("missing", "said"),
    [
        ("    def _handle(self): pass\n", "the integration bottle cannot be set up: AttributeError: "),
        ("request = None\n", None),
    ],
)
def test_an_integration_that_does_not_fit_the_library(missing: str, said: str | None, library: Path) -> None:
    (library / "inner.py").write_text(BOTTLE.replace(missing, ""))
    result = output_with(library, "import bottle\nimport bottle.inner\nprint('fine')")
    assert result.stdout == "fine\n"
    lines = result.stderr.splitlines()
    if said is None:  # the SDK takes it for not installed
        assert lines == []
    else:
        (line,) = lines
        assert said in line
        assert line.endswith("[integration-failed]")


def test_an_integration_that_the_app_imports_in_vain_costs_nothing(library: Path) -> None:
    (library / "inner.py").write_text(BOTTLE.replace("request = None\n", ""))
    code = (
        "from sentry_sdk.integrations import DidNotEnable\n"
        "try: import sentry_sdk.integrations.bottle\n"
        "except DidNotEnable: print('not enabled')"
    )
    result = output_with(library, code)
    assert (result.stdout, result.stderr) == ("not enabled\n", "")


def test_a_package_of_the_app_s_own_is_not_taken_for_a_library(library: Path) -> None:
    (library.parent / "agents").mkdir()
    (library.parent / "agents" / "__init__.py").write_text(
        "from bottle import Bottle\npath = Bottle.__call__.__code__.co_filename\n"
    )
    code = "import agents\nprint(agents.path)"
    assert "/sentry_sdk/" in output_with(library, code).stdout


def test_threads_that_import_at_once() -> None:
    code = (
        "import threading\n"
        "names = ['starlette', 'fastapi', 'httpx', 'django', 'fastapi', 'starlette', 'django', 'httpx']\n"
        "gate = threading.Barrier(len(names))\n"
        "def work(name):\n"
        "    gate.wait()\n"
        "    __import__(name)\n"
        "threads = [threading.Thread(target=work, args=[name]) for name in names]\n"
        "for thread in threads: thread.start()\n"
        "for thread in threads: thread.join()\n"
    )
    found = report(code)
    assert set(found["integrations"]) >= {"starlette", "fastapi", "httpx", "django"}


def test_an_integration_that_another_thread_imports_meanwhile(library: Path) -> None:
    importing = (
        "import sys, threading\n"
        "name = 'sentry_sdk.integrations.bottle'\n"
        "thread = threading.Thread(target=__import__, args=[name])\n"
        "thread.start()\n"
        "while not hasattr(sys.modules.get(name), '__builtins__'): pass  # until it is executed\n"
    )
    (library / "inner.py").write_text(importing + BOTTLE)
    found = found_with(library, "import bottle.inner\nbottle.inner.thread.join()")
    assert "bottle" in found["integrations"]
    assert [place for place in found["patched"] if "Bottle" in place] == PATCHED


def test_a_library_that_is_imported_after_a_fork(library: Path) -> None:
    code = (
        "import os, sentry_sdk, sentry_asgi_autoconf\n"
        "if os.fork():\n"
        "    os.wait()\n"
        "else:\n"
        "    import bottle\n"
        "    print('bottle' in sentry_sdk.get_client().integrations, flush=True)\n"
        "    os._exit(0)"
    )
    assert output_with(library, code).stdout == "True\n"


# Its setup goes on no sooner than the process is about to fork.
SLOW = """
class Slow:
    def __get__(self, instance, owner):
        sys.patching.set()
        sys.forking.wait()
        return lambda *arguments: None
"""


def test_a_fork_waits_for_what_another_thread_sets_up(library: Path) -> None:
    slow = BOTTLE.replace("def _handle(self): pass", "_handle = Slow()")
    (library / "inner.py").write_text("import sys\n" + SLOW + slow)
    code = (
        "import os, signal, threading, sentry_sdk\n"
        "sys.patching, sys.forking = threading.Event(), threading.Event()\n"
        "thread = threading.Thread(target=__import__, args=['bottle'])\n"
        "thread.start()\n"
        "sys.patching.wait()\n"
        "os.register_at_fork(before=sys.forking.set)\n"
        "if os.fork():\n"
        "    thread.join()\n"
        "    os.wait()\n"
        "else:\n"
        f"    signal.alarm({DEADLINE / 2:.0f})\n"
        "    import httpx\n"
        "    print({'bottle', 'httpx'} <= set(sentry_sdk.get_client().integrations), flush=True)\n"
        "    os._exit(0)"
    )
    assert output_with(library, code).stdout == "True\n"


def test_what_looks_for_a_library_without_importing_it_finds_it(library: Path) -> None:
    code = (
        "import importlib.util\n"
        "spec = importlib.util.find_spec('bottle')\n"
        "print('bottle' in sys.modules, spec.loader.get_filename('bottle').endswith('__init__.py'))\n"
        "import bottle\n"
        "print(type(bottle.__loader__).__name__, bottle.__spec__.loader is bottle.__loader__)"
    )
    assert output_with(library, code).stdout == "False True\nSourceFileLoader True\n"
