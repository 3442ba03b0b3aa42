"""The quick loop has what starts no process, and only that."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests import quick
from tests.harness import server
from tests.harness.server import Server, run


def by_a_function() -> None:
    run("", {})


def by_a_module() -> None:
    server.uvicorn("main:app")
    server.run("", {})


def by_a_class() -> None:
    Server([], {})


def in_a_function_of_its_own() -> None:
    def inner() -> None:
        subprocess.run([sys.executable], check=True)

    inner()


def not_at_all() -> None:
    server.free_port()


@pytest.mark.parametrize("function", [by_a_function, by_a_module, by_a_class, in_a_function_of_its_own])
def test_what_starts_a_process_is_told_by_what_it_names(function: object) -> None:
    assert quick.reaches_subprocess(function)


def test_what_starts_none_is_not_taken_for_it() -> None:
    assert not quick.reaches_subprocess(not_at_all)
