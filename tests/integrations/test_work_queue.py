"""Names are worked off by one thread at a time, and nobody waits for ever."""

from __future__ import annotations

import importlib
import sys
import threading
import time
from pathlib import Path
from types import SimpleNamespace

import pytest

from sentry_asgi_autoconf.integrations.work_queue import WorkQueue
from tests.harness.server import DEADLINE, until


def test_names_that_are_handed_in_within_the_work_come_after_it() -> None:
    said: list[str] = []

    def work(names: list[str]) -> None:
        said.append(f"begin {names}")
        if names == ["a"]:
            queue.submit(["b"])
            queue.submit(["c"])
        said.append(f"end {names}")

    queue = WorkQueue(work, patience=DEADLINE)
    queue.submit(["a"])
    assert said == ["begin ['a']", "end ['a']", "begin ['b', 'c']", "end ['b', 'c']"]


def test_names_that_are_handed_in_while_the_turn_is_held_come_at_the_end() -> None:
    said: list[str] = []
    queue = WorkQueue(said.extend, patience=DEADLINE)
    with queue.held():
        queue.submit(["a"])
        assert said == []
    assert said == ["a"]
    queue.submit(["b"])
    assert said == ["a", "b"]


def test_each_thread_works_off_its_own_names_one_after_another() -> None:
    busy = threading.Lock()
    workers: dict[str, int] = {}

    def work(names: list[str]) -> None:
        assert busy.acquire(blocking=False)
        workers.update(dict.fromkeys(names, threading.get_ident()))
        busy.release()

    queue = WorkQueue(work, patience=DEADLINE)
    submitters: dict[str, int] = {}

    def submit(name: str) -> None:
        submitters[name] = threading.get_ident()
        queue.submit([name])

    threads = [threading.Thread(target=submit, args=[str(number)]) for number in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert workers == submitters


def test_who_waits_in_vain_leaves_its_names_to_the_one_that_has_the_turn() -> None:
    said: list[list[str]] = []
    submitted = threading.Event()

    def work(names: list[str]) -> None:
        if names == ["first"]:
            assert submitted.wait(DEADLINE)  # as for the lock of a module that the other thread imports
        said.append(names)

    queue = WorkQueue(work, patience=0.01)
    first = threading.Thread(target=queue.submit, args=[["first"]])
    first.start()
    until(lambda: queue._holder is not None, "the first to have its turn")
    queue.submit(["second"])
    submitted.set()
    first.join()
    assert said == [["first"], ["second"]]


def test_who_imports_what_the_work_imports_does_not_wait_for_its_turn(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "imported_by_both.py").write_text("import sys\nsys.modules['queue_in_test'].submit()\n")
    monkeypatch.syspath_prepend(tmp_path)
    said: list[list[str]] = []
    executing = threading.Event()

    def work(names: list[str]) -> None:
        if names == ["first"]:
            importer.start()
            assert executing.wait(DEADLINE)
            importlib.import_module("imported_by_both")  # whose lock the other thread has
        said.append(names)

    def submit() -> None:
        executing.set()
        queue.submit(["second"])

    queue = WorkQueue(work, patience=DEADLINE)
    importer = threading.Thread(target=importlib.import_module, args=["imported_by_both"])
    monkeypatch.setitem(sys.modules, "queue_in_test", SimpleNamespace(submit=submit))
    began = time.monotonic()
    queue.submit(["first"])
    importer.join()
    assert said == [["first"], ["second"]]
    assert time.monotonic() - began < DEADLINE / 2


def test_the_turn_is_given_back_after_an_error() -> None:
    said: list[str] = []

    def work(names: list[str]) -> None:
        said.extend(names)
        if names == ["a"]:
            raise KeyboardInterrupt

    queue = WorkQueue(work, patience=DEADLINE)
    try:
        queue.submit(["a"])
    except KeyboardInterrupt:
        threads = [threading.Thread(target=queue.submit, args=[["b"]])]
        for thread in threads:
            thread.start()
            thread.join()
    assert said == ["a", "b"]
