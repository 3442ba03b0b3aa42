"""Request a path at a fixed rate, whether or not the server keeps up, and print how long each took since it was due.

A client that waits for an answer before it asks again leaves out what it would have waited for meanwhile. Here a
request that finds no connection free waits for one, and its time goes on. A process of its own, as the receiver is
busy in that of the benchmark. Arguments: port, path, requests a second, seconds.
"""

from __future__ import annotations

import collections
import json
import select
import socket
import sys
import time
from pathlib import Path
from typing import NamedTuple

from tests.benchmarks.client import is_complete, prepared
from tests.benchmarks.commands import output

CONNECTIONS = 8
SHARES = {"p50 ms": 0.5, "p99 ms": 0.99, "p99.9 ms": 0.999}


class Pending(NamedTuple):
    """A request that is on its way: since when it was due, and what has come back."""

    due: float
    answer: bytes


def latencies(port: int, path: str, rate: float, seconds: float) -> dict[str, float]:
    """Return the milliseconds in which these shares of the requests were answered, in a process of its own."""
    root = Path(__file__).parents[2]
    arguments = [str(port), path, str(rate), str(seconds)]
    found = json.loads(output([sys.executable, "-m", "tests.benchmarks.open_loop", *arguments], cwd=root))
    return {str(name): float(value) for name, value in found.items()}


def run(port: int, path: str, rate: float, seconds: float) -> list[float]:
    """Return the seconds that each request took, shortest first. Raises AssertionError if not answered with 200."""
    request = prepared(path)
    free = [socket.create_connection(("127.0.0.1", port)) for _ in range(CONNECTIONS)]
    for connection in free:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    begin = time.perf_counter()
    due = collections.deque(begin + number / rate for number in range(int(rate * seconds)))
    busy: dict[socket.socket, Pending] = {}
    took: list[float] = []
    while due or busy:
        while due and free and due[0] <= time.perf_counter():
            connection = free.pop()
            busy[connection] = Pending(due.popleft(), b"")
            connection.sendall(request)
        # What is due wakes it, as long as there is a connection to ask on. epoll and poll wait whole milliseconds.
        wait = max(0.0, due[0] - time.perf_counter()) if due and free else None
        for connection in select.select(list(busy), [], [], wait)[0]:
            pending = busy.pop(connection)
            answer = pending.answer + _received(connection)
            if is_complete(answer):
                assert answer.startswith(b"HTTP/1.1 200 "), answer
                took.append(time.perf_counter() - pending.due)
                free.append(connection)
            else:
                busy[connection] = pending._replace(answer=answer)
    return sorted(took)


def _received(connection: socket.socket) -> bytes:
    received = connection.recv(65536)
    if not received:
        raise AssertionError("the server closed a connection")
    return received


def main(port: str, path: str, rate: str, seconds: str) -> None:
    """Print the shares as one line of JSON."""
    took = run(int(port), path, float(rate), float(seconds))
    found = {name: took[int(share * (len(took) - 1))] * 1000 for name, share in SHARES.items()}
    print(json.dumps(found))


if __name__ == "__main__":
    main(*sys.argv[1:])
