"""Do what a page of the documentation tells its reader to do, block by block, in the order of the page."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
from pathlib import Path
from typing import Iterator, NamedTuple

from tests.harness.server import DEADLINE, ROOT, begin, environment, free_port, until

_BLOCK = re.compile(r"^```(\w+)\n(.*?)^```", re.M | re.S)
_FILE = re.compile(r"# (\S+)\n")
_SERVES = re.compile(r"\b(?:uvicorn|inbox) .*--port (\d+)( &)?$")


class Block(NamedTuple):
    """A fenced block: its language, and its text."""

    language: str
    text: str


def blocks(text: str) -> list[Block]:
    """Return the fenced blocks of a page."""
    return [Block(*found) for found in _BLOCK.findall(text)]


def commands(block: Block) -> Iterator[tuple[str, list[str]]]:
    """Yield each command of a console block, with the lines that it is said to print."""
    lines = block.text.splitlines()
    starts = [number for number, line in enumerate(lines) if line.startswith("$ ")]
    for start, end in zip(starts, [*starts[1:], len(lines)]):
        yield lines[start][2:], lines[start + 1 : end]


class Reader:
    """Somebody with two terminals who does as the page says; ports are free ones, what is installed is there."""

    def __init__(self, directory: Path, environ: dict[str, str]) -> None:
        self._directory = directory
        bin_ = str(Path(sys.executable).parent)
        self._environ = {
            **environment(environ, bootstrap=False),
            "PATH": f"{bin_}{os.pathsep}{os.environ['PATH']}",
        }
        self._environ["PYTHONPATH"] = str(ROOT)
        self._ports: dict[str, str] = {}
        self._servers: list[subprocess.Popen[str]] = []

    def follow(self, text: str) -> None:
        """Do all that the page says."""
        for block in blocks(text):
            name = _FILE.match(block.text)
            if name:
                (self._directory / name.group(1)).write_text(block.text)
            elif block.language == "console":
                for command, printed in commands(block):
                    self._enter(self._with_free_ports(command), printed)

    def _with_free_ports(self, command: str) -> str:
        for port in re.findall(r"(?::|--port )(8\d\d\d)\b", command):
            self._ports.setdefault(port, free_port())
        return re.sub(r"\b8\d\d\d\b", lambda port: self._ports.get(port.group(), port.group()), command)

    def _enter(self, command: str, printed: list[str]) -> None:
        exported = re.match(r"export (.*)", command)
        if command.startswith("pip install"):
            return
        if exported:
            script = f"{command}; env -0"
            output = subprocess.run(
                ["bash", "-c", script], env=self._environ, capture_output=True, check=True
            ).stdout
            self._environ = dict(pair.split("=", 1) for pair in output.decode().split("\0") if "=" in pair)
        elif _SERVES.search(command):
            self._serve(command)
        else:
            result = subprocess.run(
                ["bash", "-c", command],
                env=self._environ,
                cwd=self._directory,
                capture_output=True,
                text=True,
                timeout=DEADLINE,
                check=False,
            )
            # 1 is what a check says that has found something.
            assert result.returncode in (0, 1), (command, result.stderr)
            assert "Traceback" not in result.stderr, (command, result.stderr)
            for line in filter(None, printed):
                assert re.search(re.escape(line).replace("…", ".*"), result.stdout + result.stderr), (
                    command,
                    line,
                )

    def _serve(self, command: str) -> None:
        found = _SERVES.search(command)
        assert found
        if not found.group(2):  # in the terminal where the last one ran
            self.stop()
        output = (self._directory / "output").open("ab")
        words = ["bash", "-c", command.removesuffix(" &")]
        self._servers.append(begin(words, self._environ, self._directory, stdout=output, stderr=output))
        until(lambda: _listens(int(found.group(1))), f"what {command} serves")

    def output(self) -> str:
        """Return what the servers have printed."""
        return (self._directory / "output").read_text()

    def stop(self) -> None:
        """End what serves."""
        while self._servers:
            server = self._servers.pop()
            os.killpg(server.pid, signal.SIGTERM)
            server.wait(DEADLINE)


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0
