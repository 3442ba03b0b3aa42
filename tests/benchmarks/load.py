"""Load a server with wrk: the machine's, or the one that Debian's packages hold, unpacked without installing it."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path
from typing import NamedTuple

from tests.benchmarks.commands import output
from tests.harness.server import ROOT

CONNECTIONS = 8
_CACHE = ROOT / ".cache" / "wrk"
_PACKAGES = ("wrk", "libluajit-5.1-2", "libluajit-5.1-common")
_REPORT = Path(__file__).parent / "report.lua"


class Load(NamedTuple):
    """What wrk saw: requests a second, and the time in ms in which 99 of 100 were answered."""

    requests_per_second: float
    requests: int
    p99: float


def load(port: int, path: str, seconds: int) -> Load:
    """Request `path` on 8 connections for some seconds. Raises AssertionError if anything but 200 came back."""
    command, environ = _wrk()
    options = ["-t1", f"-c{CONNECTIONS}", f"-d{seconds}s", "-s", str(_REPORT)]
    printed = output([command, *options, f"http://127.0.0.1:{port}{path}"], environ)
    report = json.loads(printed.splitlines()[-1])
    if report["failed"] or not report["requests"]:
        raise AssertionError(f"{report['failed']} of {report['requests']} requests failed")
    return Load(report["requests"] / report["seconds"], report["requests"], report["p99"])


def _wrk() -> tuple[str, dict[str, str]]:
    installed = shutil.which("wrk")
    if installed:
        return installed, dict(os.environ)
    if not (_CACHE / "complete").exists():
        _unpack()
    (library,) = _CACHE.glob("usr/lib/*/libluajit-5.1.so.2")
    return str(_CACHE / "usr" / "bin" / "wrk"), {**os.environ, "LD_LIBRARY_PATH": str(library.parent)}


def _unpack() -> None:
    if not shutil.which("apt-get"):
        raise SystemExit("wrk is not installed, and there is no apt-get to fetch it with: install wrk")
    _CACHE.mkdir(parents=True, exist_ok=True)
    try:
        output(["apt-get", "download", *_PACKAGES], cwd=_CACHE)
    except AssertionError as error:
        raise SystemExit(f"wrk cannot be fetched, install it: {error}") from error
    for package in _CACHE.glob("*.deb"):
        output(["dpkg-deb", "-x", package.name, "."], cwd=_CACHE)
    (_CACHE / "complete").touch()
