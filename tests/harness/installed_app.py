"""An app that is a distribution, as pip installs it: by a build backend of its own, so that nothing is downloaded."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

_PROJECT = """
[build-system]
requires = []
build-backend = "backend"
backend-path = ["."]
"""
_BACKEND = """
import pathlib, zipfile

INFO = "acme_shop-1.4.2.dist-info"
TEXTS = {
    f"{INFO}/METADATA": "Metadata-Version: 2.1\\nName: acme-shop\\nVersion: 1.4.2\\n",
    f"{INFO}/WHEEL": "Wheel-Version: 1.0\\nGenerator: test\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n",
}

def write(directory, texts):
    texts = {**TEXTS, **texts}
    record = "".join(f"{name},,\\n" for name in [*texts, f"{INFO}/RECORD"])
    with zipfile.ZipFile(pathlib.Path(directory, "acme_shop-1.4.2-py3-none-any.whl"), "w") as wheel:
        for name, text in {**texts, f"{INFO}/RECORD": record}.items():
            wheel.writestr(name, text)
    return "acme_shop-1.4.2-py3-none-any.whl"

def build_wheel(directory, config_settings=None, metadata_directory=None):
    source = pathlib.Path("src")
    return write(directory, {str(each.relative_to(source)): each.read_text() for each in source.rglob("*.py")})

def build_editable(directory, config_settings=None, metadata_directory=None):
    return write(directory, {"acme_shop.pth": str(pathlib.Path("src").absolute())})
"""


def write_project(directory: Path, files: dict[str, str]) -> Path:
    """Write the project acme-shop 1.4.2 with these files in its `src`."""
    for name, text in {"pyproject.toml": _PROJECT, "backend.py": _BACKEND}.items():
        directory.mkdir(exist_ok=True)
        (directory / name).write_text(text)
    for name, text in files.items():
        path = directory / "src" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return directory


def install(*wanted: str, into: Path) -> Path:
    """Install it under a prefix; return the directory that the server has to find modules in."""
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--no-index", "--no-deps", "--ignore-installed"]
    subprocess.run([*pip, "--prefix", str(into), *wanted], check=True)
    (packages,) = into.glob("lib/python*/site-packages")
    return packages


def commit(directory: Path) -> str:
    """Make a git repository of it; return its commit."""
    git = ["git", "-C", str(directory), "-c", "user.name=acme", "-c", "user.email=acme@example.com"]
    for words in (["init", "--quiet"], ["add", "."], ["commit", "--quiet", "--message", "all"]):
        subprocess.run([*git, *words], check=True)
    return subprocess.check_output([*git, "rev-parse", "HEAD"], text=True).strip()
