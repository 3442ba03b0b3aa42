"""Draw what the commands and the inbox show, from the real thing: `python docs/generate_pictures.py [--check]`.

What differs from run to run (ports, ids, times, process numbers) is drawn as if it did not. `--check` draws nothing: it
says which pictures are out of date, and exits with 1 if any is. Releases of packages may differ.
"""

from __future__ import annotations

import hashlib
import html
import io
import json
import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import Callable, Iterator

from rich.console import Console
from rich.terminal_theme import MONOKAI
from rich.text import Text

from sentry_asgi_autoconf.cli.path import BOOTSTRAP_DIRECTORY
from sentry_asgi_autoconf.inbox.server import BackgroundInbox

ROOT = Path(__file__).absolute().parent.parent
PICTURES = ROOT / "docs" / "images" / "terminal"
COLUMNS = 110
CLI = [sys.executable, "-m", "sentry_asgi_autoconf"]
_EXAMPLE = ROOT / "sitecustomize_example"
# What differs from run to run, and what is drawn in its place.
_VARYING: tuple[tuple[str, str], ...] = (
    (r"\b[0-9a-f]{32}\b", "3f2a9c6d8b1e4f70a5c2d9e8b7f6a1c4"),
    (r"within \d+ ms", "within 9 ms"),
    (r"\b\d+(?:\.\d+)? ms\b", "4 ms"),
    (r"\d+ s ago", "3 s ago"),
    (r"\d\d:\d\d:\d\d", "09:02:11"),
)
_RELEASE = re.compile(r"\d+\.\d+(?:\.\d+)?")


class Shown:
    """A command, and what it shows."""

    def __init__(self, command: str, output: str) -> None:
        for pattern, instead in _VARYING:
            output = re.sub(pattern, instead, output)
        # In their order of appearance; the inbox, whose DSN is a setting, comes first.
        ports = dict.fromkeys(re.findall(r"127\.0\.0\.1:(\d+)", output))
        for port, drawn in zip(ports, ("8090", "8000", "8001")):
            output = re.sub(rf"(?<=127\.0\.0\.1:){port}\b|(?<=--port ){port}\b", drawn, output)
        self.text = Text.from_ansi(f"$ {command}\n{output.rstrip()}")

    def svg(self, title: str) -> str:
        """Return the picture of a terminal."""
        console = Console(
            record=True, width=COLUMNS, file=io.StringIO(), force_terminal=True, legacy_windows=False
        )
        console.print(self.text)
        return console.export_svg(title=title, theme=MONOKAI, unique_id=title.replace(" ", "-"))


def _without_releases(text: str) -> str:
    return re.sub(r"\s+", "", _RELEASE.sub("0", text))


def _environment(**settings: str) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("SENTRY_", "PYTHON"))}
    colours = {"FORCE_COLOR": "1", "TERM": "xterm-256color", "COLUMNS": str(COLUMNS), "PYTHONPATH": str(ROOT)}
    kept.pop("NO_COLOR", None)
    return {**kept, **colours, **settings}


def _run(words: list[str], cwd: Path, **settings: str) -> str:
    result = subprocess.run(
        [*CLI, *words],
        cwd=cwd,
        env=_environment(**settings),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    return result.stdout.replace(f"{ROOT}/", "").replace(str(cwd), "/srv/shop")


def _demo(directory: Path) -> Shown:
    return Shown("sentry-asgi-autoconf demo --once", _run(["demo", "--once"], directory))


def _check(directory: Path) -> Shown:
    with BackgroundInbox() as inbox:
        settings = {
            "SENTRY_DSN": inbox.dsn(),
            "SENTRY_TRACE_SAMPLE_RATE": "0.2",
            "PYTHONPATH": f"{BOOTSTRAP_DIRECTORY}{os.pathsep}{ROOT}",
        }
        output = _run(["check", "--send"], directory, **settings)
    return Shown("sentry-asgi-autoconf check --send", output)


def _config(directory: Path) -> Shown:
    (directory / "policy.toml").write_text("[limits]\ntraces_sample_rate = { max = 0.2 }\n")
    (directory / "pyproject.toml").write_text('[tool.sentry-asgi-autoconf]\nenvironment = "staging"\n')
    settings = {
        "SENTRY_DSN": "https://examplePublicKey@o0.ingest.sentry.io/0",
        "SENTRY_ASGI_POLICY": "policy.toml",
        "SENTRY_ENVIRONMENT": "production",
        "SENTRY_TRACES_SAMPLE_RATE": "1.0",
        "SENTRY_SAMPLE_RATE": "most",
    }
    return Shown("sentry-asgi-autoconf config", _run(["config"], directory, **settings))


def _status(directory: Path) -> Shown:
    with BackgroundInbox() as inbox, socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
        settings = _environment(
            SENTRY_DSN=inbox.dsn(),
            SENTRY_ASGI_STATUS_DIR=str(directory),
            SENTRY_TRACES_SAMPLE_RATE="1",
            PYTHONPATH=f"{BOOTSTRAP_DIRECTORY}{os.pathsep}{ROOT}",
        )
        probe.close()
        words = [sys.executable, "-m", "uvicorn", "main:app", "--port", str(port), "--log-level", "critical"]
        server = subprocess.Popen(words, cwd=_EXAMPLE, env=settings, stderr=subprocess.DEVNULL)
        try:
            _request(f"http://127.0.0.1:{port}/orders/7")
            _request(f"http://127.0.0.1:{port}/orders/8/invoice")
            # What is delivered is written every five seconds at most, and with the next delivery.
            time.sleep(5.5)
            _request(f"http://127.0.0.1:{port}/orders/7")
            _wait_for(lambda: '"error"' in _run(["status", ".", "--json"], directory).partition('"sent"')[2])
            (file,) = directory.glob("*.json")
            # As another host's: neither its name nor the number of a process is as long here as there.
            told = {**json.loads(file.read_text()), "host": "shop-7d4f9", "pid": 17, "pid_namespace": 1}
        finally:
            server.send_signal(signal.SIGTERM)
            server.wait()
    (directory / "shop.json").write_text(json.dumps(told))
    return Shown("sentry-asgi-autoconf status /run/sentry-asgi", _run(["status", "."], directory))


def _request(url: str) -> None:
    def answers() -> bool:
        try:
            urllib.request.urlopen(url, timeout=5).close()
        except urllib.error.HTTPError as error:
            error.close()
        except OSError:
            return False
        return True

    _wait_for(answers)


def _wait_for(condition: Callable[[], bool]) -> None:
    end = time.monotonic() + 30
    while not condition():
        if time.monotonic() > end:
            raise TimeoutError("the example does not answer")
        time.sleep(0.1)


DRAWN: dict[str, Callable[[Path], Shown]] = {
    "demo": _demo,
    "check": _check,
    "config": _config,
    "status": _status,
}


# The inbox's pages are photographs, of which only their sources tell whether they are out of date.
PAGES = ROOT / "docs" / "images" / "inbox"
_BROWSER = (
    *("chromium", "--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking"),
    *("--force-device-scale-factor=1", "--hide-scrollbars"),
)


def photograph() -> None:
    """Take pictures of the pages that the demo fills, with Chromium."""
    PAGES.mkdir(parents=True, exist_ok=True)
    demo = subprocess.Popen([*CLI, "demo"], env=_environment(NO_COLOR="1"), stdout=subprocess.PIPE, text=True)
    assert demo.stdout
    output = ""
    for line in demo.stdout:
        output += line
        if "Ctrl-C" in line:
            break
    try:
        (error,) = re.findall(r"http://\S+/errors/\d+(?=  KeyError)", output)[:1]
        trace = re.findall(r"http://\S+/traces/\w+", output)[-1]
        sizes = {"overview": (f"{error.partition('/errors')[0]}/", "1280,700"), "error": (error, "1280,1100")}
        for name, (url, size) in {**sizes, "trace": (trace, "1280,660")}.items():
            with tempfile.TemporaryDirectory() as profile:
                to = [
                    f"--user-data-dir={profile}",
                    f"--screenshot={PAGES / name}.png",
                    f"--window-size={size}",
                    url,
                ]
                subprocess.run([*_BROWSER, *to], check=True, stderr=subprocess.DEVNULL)
    finally:
        demo.send_signal(signal.SIGINT)
        demo.wait()
    (PAGES / "sources.sha256").write_text(_sources())


def _sources() -> str:
    """Return a hash of all that says what the pages look like."""
    inbox = ROOT / "sentry_asgi_autoconf" / "inbox"
    files = sorted([*inbox.rglob("templates/*.html"), *inbox.rglob("static/*.css")])
    return hashlib.sha256(b"\0".join(path.read_bytes() for path in files)).hexdigest() + "\n"


def drawn() -> Iterator[tuple[str, Shown]]:
    """Yield what each command shows, by its name."""
    for name, show in DRAWN.items():
        with tempfile.TemporaryDirectory() as directory:
            yield name, show(Path(directory))


def _text_of(picture: Path) -> str:
    """Return the text of a picture, without blanks and releases."""
    lines = re.findall(r"<text[^>]*>(.*?)</text>", picture.read_text(encoding="utf-8"), re.S)
    return _without_releases(html.unescape("".join(lines)))


def _has_all_lines(picture: Path, shown: Shown) -> bool:
    """Whether a picture has what is shown; in any order, as two services report at the same moment."""
    text = _text_of(picture)
    return all(_without_releases(line) in text for line in shown.text.plain.splitlines())


def main() -> int:
    """Draw, or check."""
    if "--check" not in sys.argv:
        PICTURES.mkdir(parents=True, exist_ok=True)
        for name, shown in drawn():
            (PICTURES / f"{name}.svg").write_text(shown.svg(f"sentry-asgi-autoconf {name}"), encoding="utf-8")
        photograph()
        return 0
    old = [name for name, shown in drawn() if not _has_all_lines(PICTURES / f"{name}.svg", shown)]
    old += [] if (PAGES / "sources.sha256").read_text() == _sources() else ["the inbox's pages"]
    if old:
        print(f"out of date: {', '.join(old)}; run: python docs/generate_pictures.py")
    return bool(old)


if __name__ == "__main__":
    sys.exit(main())
