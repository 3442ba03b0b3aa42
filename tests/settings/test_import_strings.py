"""Where import strings lead, and what is said when they lead nowhere."""

from __future__ import annotations

import os.path
from pathlib import Path

import pytest

from sentry_asgi_autoconf.exceptions import UnresolvedImportError
from sentry_asgi_autoconf.import_strings import ImportReference


def failure(text: str) -> str:
    """Return what is said about an import string that leads nowhere."""
    with pytest.raises(UnresolvedImportError) as raised:
        ImportReference.parse(text).resolve()
    return str(raised.value)


@pytest.fixture
def modules(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a directory of modules that can be imported."""
    monkeypatch.syspath_prepend(tmp_path)
    return tmp_path


@pytest.mark.parametrize(
    "text", ["os", "os.path.join", ":join", "os:", "os:a:b", "o s:x", "os:1", "os..x:y", "../os:x"]
)
def test_only_the_form_with_a_colon_is_taken(text: str) -> None:
    with pytest.raises(ValueError):
        ImportReference.parse(text)


def test_the_module_is_imported_and_its_attributes_walked() -> None:
    assert ImportReference.parse("os:path.join").resolve() is os.path.join
    assert ImportReference.parse("os.path:join").resolve() is os.path.join


def test_a_missing_module_package_or_attribute_is_named() -> None:
    assert "there is no module no_such" in failure("no_such.module:thing")
    assert "there is no module os.nothing" in failure("os.nothing:thing")
    assert "os has no attribute nothing" in failure("os:nothing.at.all")
    assert "os.path has no attribute nothing" in failure("os:path.nothing")


@pytest.mark.parametrize(
    "name, source, said",
    [
        (
            "lacks_library",
            "import no_such_library",
            "raised ModuleNotFoundError: No module named 'no_such_library'",
        ),
        ("does_not_parse", "def (", "raised SyntaxError: "),
        ("exits", "raise SystemExit(3)", "raised SystemExit: 3"),
        ("fails", "raise RuntimeError('two\\nlines \\x1b')", "raised RuntimeError: two lines \\x1b."),
        ("tells", "raise OSError('amqp://user:hidden@host')", "raised OSError: amqp://***@host."),
        ("lacks_attribute", "import os\nos.nothing", "importing lacks_attribute raised AttributeError"),
    ],
)
def test_whatever_a_module_raises_is_told_on_one_line(
    modules: Path, name: str, source: str, said: str
) -> None:
    (modules / f"{name}.py").write_text(source)
    line = failure(f"{name}:thing")
    assert said in line
    assert line.isprintable()


def test_an_interrupt_is_not_held_up(modules: Path) -> None:
    (modules / "interrupted.py").write_text("raise KeyboardInterrupt")
    with pytest.raises(KeyboardInterrupt):
        ImportReference.parse("interrupted:thing").resolve()
