"""The command `inbox` as a person and as `run --inbox` use it."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from itertools import takewhile
from typing import Any

import httpx
import pytest

from tests.inbox.sending import CLIENT, KEY, envelope, item

COMMAND = [sys.executable, "-m", "sentry_asgi_autoconf", "inbox"]
EVENT = {"message": "hello there", "level": "error"}


@contextmanager
def running(*options: str, pass_fds: Sequence[int] = ()) -> Iterator[Any]:
    """Run the command until the end of the test; give the process, with pipes for its output."""
    process = subprocess.Popen(
        [*COMMAND, *options],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        pass_fds=pass_fds,
    )
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def refused(*options: str, prefix: Sequence[str] = COMMAND) -> str:
    """Run to the end that a refusal is, and return what stderr says."""
    done = subprocess.run([*prefix, *options], capture_output=True, text=True, timeout=30, check=False)
    assert (done.returncode, done.stdout) == (1, "")
    assert "Traceback" not in done.stderr
    return done.stderr


def address(line: str) -> str:
    found = re.search(r"http://\S+?:\d+", line)
    assert found, line
    return found[0]


def post(url: str, *payloads: dict[str, Any]) -> None:
    for payload in payloads:
        answer = CLIENT.post(
            f"{url}/api/1/envelope/?sentry_key={KEY}", content=envelope(item("event", payload))
        )
        assert answer.status_code == 200


def eventually(condition: Callable[[], bool], seconds: float = 20) -> bool:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if condition():
            return True
        time.sleep(0.05)
    return False


def answers(url: str) -> bool:
    try:
        return CLIENT.get(f"{url}/api/inbox/health", timeout=2).status_code == 200
    except httpx.HTTPError:
        return False


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_it_tells_address_and_dsn_then_items_and_ends_cleanly_on_a_signal(number: int) -> None:
    with running("--port", "0") as process:
        url = address(process.stdout.readline())
        assert process.stdout.readline() == f"SENTRY_DSN={url.replace('://', '://inbox@')}/1\n"
        post(url, EVENT)
        assert "hello there" in process.stdout.readline()
        assert f"{url}/errors/1" in process.stdout.readline()
        process.send_signal(number)
        assert process.wait(20) == 0
        assert process.communicate() == ("", "")


def test_json_lines_are_all_that_is_on_stdout() -> None:
    with running("--port", "0", "--json") as process:
        url = address(process.stderr.readline())
        post(url, EVENT, {"message": "again"})
        received = [json.loads(process.stdout.readline()) for _ in range(2)]
        assert [(line["id"], line["payload"]["message"]) for line in received] == [
            (1, "hello there"),
            (2, "again"),
        ]
        assert KEY not in json.dumps(received)
        process.terminate()
        assert process.communicate(timeout=20)[0] == ""


def test_it_ends_when_the_reader_of_its_output_has_gone() -> None:
    with running("--port", "0", "--json") as process:
        url = address(process.stderr.readline())
        process.stderr.readline()
        process.stdout.close()
        post(url, EVENT)
        assert process.wait(20) == 0
        assert process.stderr.read() == ""


def test_the_number_of_items_kept_can_be_set() -> None:
    with running("--port", "0", "--max-items", "2") as process:
        url = address(process.stdout.readline())
        post(url, EVENT, EVENT, EVENT)
        assert [kept["id"] for kept in CLIENT.get(f"{url}/api/inbox/items").json()["items"]] == [2, 3]


def test_it_answers_to_names_that_are_allowed() -> None:
    with running("--port", "0", "--allow-host", "inbox.Shop.example") as process:
        url = address(process.stdout.readline())
        names = ("inbox.shop.example", "shop.example")
        assert [CLIENT.get(url, headers={"Host": name}).status_code for name in names] == [200, 421]


def test_it_listens_on_loopback_only_and_warns_when_told_otherwise() -> None:
    with running("--port", "0") as process:
        assert "//127.0.0.1:" in process.stdout.readline()
    with running("--port", "0", "--host", "0.0.0.0") as process:
        assert "no authentication" in process.stderr.readline()
        assert answers(address(process.stdout.readline()))


def test_a_port_in_use_is_refused() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        message = refused("--port", str(port))
    assert f"127.0.0.1:{port}" in message
    assert "--port" in message
    assert "[cannot-listen]" in message


def test_an_address_that_is_none_is_refused() -> None:
    assert "no.such.host.invalid:0" in refused("--host", "no.such.host.invalid", "--port", "0")


def test_a_descriptor_that_is_no_socket_is_refused() -> None:
    assert "--fd 0" in refused("--fd", "0")


@pytest.mark.parametrize("package", ["starlette", "uvicorn", "jinja2", "rich"])
def test_a_missing_extra_is_named(package: str) -> None:
    script = f"import sys; sys.modules[{package!r}] = None; from sentry_asgi_autoconf.cli import main; sys.exit(main())"
    message = refused("inbox", "--port", "0", prefix=[sys.executable, "-c", script])
    assert package in message
    assert "pip install 'sentry-asgi-autoconf[inbox]'" in message


def test_it_serves_on_an_inherited_socket() -> None:
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        url = f"http://127.0.0.1:{listening.getsockname()[1]}"
        with running("--fd", str(listening.fileno()), pass_fds=[listening.fileno()]):
            post(url, EVENT)
            assert len(CLIENT.get(f"{url}/api/inbox/items").json()["items"]) == 1


STARTER = """
import os, subprocess, sys
subprocess.Popen([*sys.argv[2:], "--fd", sys.argv[1], "--parent", str(os.getpid())],
                 pass_fds=[int(sys.argv[1])], stdout=subprocess.DEVNULL)
sys.stdin.read()
"""


def test_it_ends_with_its_parent_and_not_by_ctrl_c_before() -> None:
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        url = f"http://127.0.0.1:{listening.getsockname()[1]}"
        parent = subprocess.Popen(
            [sys.executable, "-c", STARTER, str(listening.fileno()), *COMMAND],
            stdin=subprocess.PIPE,
            pass_fds=[listening.fileno()],
            start_new_session=True,
        )
    try:
        assert eventually(lambda: answers(url))
        # The group holds parent and inbox, as in a terminal; the parent's own reaction is its end.
        os.killpg(parent.pid, signal.SIGINT)
        parent.wait(20)
        assert eventually(lambda: not answers(url))
    finally:
        parent.kill()
        parent.wait()


def test_the_inbox_switches_the_bootstrap_off_for_itself() -> None:
    script = (
        "import os, sys, sentry_asgi_autoconf.cli as cli\n"
        "class Watch:\n"
        "    def find_spec(self, name, path=None, target=None):\n"
        "        if name == 'uvicorn': print(os.environ.get('SENTRY_ASGI_ENABLED'), flush=True)\n"
        "sys.meta_path.insert(0, Watch())\n"
        "sys.exit(cli.main(['inbox', '--port', '0']))\n"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", script],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "SENTRY_ASGI_ENABLED": "true"},
    )
    try:
        assert process.stdout
        lines = iter(process.stdout.readline, "")
        seen = {line.strip() for line in takewhile(lambda line: "Inbox" not in line, lines)}
        assert seen == {"false"}
    finally:
        process.terminate()
        assert process.wait(20) == 0


def test_the_command_is_light_to_import() -> None:
    script = (
        "import argparse, sys, sentry_asgi_autoconf.cli.inbox as inbox\n"
        "inbox.add_parser(argparse.ArgumentParser().add_subparsers())\n"
        "print({'uvicorn', 'starlette', 'jinja2', 'rich', 'sentry_sdk', 'pydantic'} & set(sys.modules))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, timeout=30, check=True
    )
    assert done.stdout == "set()\n"
