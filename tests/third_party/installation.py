"""Install the server, its adapter and this package, each as a distribution of its own."""

from __future__ import annotations

import hashlib
import subprocess
import sys
from pathlib import Path

from tests.harness.venvs import CACHE, interpreters, pip, venv

TREES = Path(__file__).parent
RUNNING = f"{sys.version_info.major}.{sys.version_info.minor}"
OLDEST = min(interpreters(), key=lambda minor: int(minor.partition(".")[2]))


def python_with(*distributions: str, minor: str) -> str:
    """Return the Python of an environment that holds these distributions, by the names of their trees here."""
    requirements = ["sentry-sdk", "uvicorn"]
    if int(minor.partition(".")[2]) < 10:
        requirements.append("importlib-metadata")
    if int(minor.partition(".")[2]) < 11:
        requirements.append("tomli")
    wheels = [str(wheel_of(TREES / name)) for name in distributions]
    return venv(interpreters()[minor], *requirements, *wheels)


def wheel_of(tree: Path) -> Path:
    """Return the wheel of a source tree, in a directory that is named by the sources: new sources, new wheel."""
    sources = sorted(file for file in tree.rglob("*") if file.suffix in (".py", ".toml"))
    content = "\n".join(f"{file.relative_to(tree)}\n{file.read_text()}" for file in sources)
    directory = CACHE / "wheels" / hashlib.sha256(content.encode()).hexdigest()[:16]
    if not list(directory.glob("*.whl")):
        command = [*pip(), "wheel", "--quiet", "--no-deps", "--wheel-dir", str(directory)]
        result = subprocess.run([*command, str(tree)], capture_output=True, text=True, check=False)
        assert result.returncode == 0, result.stdout + result.stderr
    (wheel,) = directory.glob("*.whl")
    return wheel
