"""Each command that the page of servers shows serves the page's app, which reports."""

from __future__ import annotations

import re
import shlex
import socket
import sys
from pathlib import Path
from typing import Callable

import pytest

from tests.harness.envelopes import Project
from tests.harness.pages import blocks, commands
from tests.harness.served import Served
from tests.harness.server import ROOT, Server, free_port

PAGE = (ROOT / "docs" / "servers.md").read_text()
# By heading, the server that the app says it is served by, where the heading has more.
SERVED_BY = {"gunicorn with uvicorn's worker": "uvicorn", "A WSGI server, by a2wsgi": "a2wsgi"}
COMMANDS = {
    section.partition("\n")[0]: command
    for section in PAGE.split("\n## ")[1:]
    for block in blocks(section)
    if block.language == "console"
    for command, _ in commands(block)
}


@pytest.mark.parametrize(("heading", "command"), COMMANDS.items(), ids=COMMANDS)
def test_it_serves_and_reports(
    heading: str, command: str, start: Callable[..., Server], project: Project, tmp_path: Path
) -> None:
    for _, text in blocks(PAGE):
        name = re.match(r"# (\w+\.py)\n", text)
        if name:
            (tmp_path / name[1]).write_text(text)
    port = free_port()
    first, *others = shlex.split(command.replace("8000", port))
    words = [str(Path(sys.executable).parent / first), *others]
    with socket.create_connection(("127.0.0.1", Served(start, words, port, cwd=tmp_path).port)) as connection:
        # Without waiting for an answer: socketify gives none where an app fails.
        connection.sendall(b"GET / HTTP/1.1\r\nhost: localhost\r\n\r\n")
        (event,) = project.wait("event")
    assert event["exception"]["values"][-1]["value"] == "boom"
    assert event["contexts"]["asgi_server"]["name"] == SERVED_BY.get(heading, heading)
