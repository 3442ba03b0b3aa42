"""Kill: signals to masters and workers, recycling and storms of reloads, under load, on two workers."""

from __future__ import annotations

import contextlib
import os
import signal
import tempfile
import time
from pathlib import Path
from typing import Callable, Iterator, NamedTuple, Sequence

from tests.reliability import accounts, client
from tests.reliability.endless import Endless
from tests.reliability.parts.load import is_right, raising
from tests.reliability.receiver import Receiver
from tests.reliability.rows import Figures, Row, Scale, faults
from tests.reliability.served import BARE, OURS, SERVERS, Served, app_of, variables

_STORM = 5
_CHANCES = 4  # that a bare server has to do what one with this package did
_LONGEST = 30.0  # seconds until a worker that has ended has been replaced
_SETTLED = 5.0  # seconds until processes without a master have ended, if they do
_ALWAYS = {
    "granian": "--respawn-failed-workers",
    # Bare too, workers that are reloaded under load often wait for all of it.
    "gunicorn": "--graceful-timeout 5",
}
_RECYCLING = {
    "uvicorn": "--limit-max-requests 150",
    "gunicorn": "--max-requests 150",
    "hypercorn": "--max-requests 150",
}


class _Found(NamedTuple):
    """What one run has found; `seconds` from the signal that was to end the server to its end."""

    exchanges: list[client.Exchange]
    account: accounts.Account
    restarts: int
    orphans: int
    zombies: int
    seconds: float


class _Worst(NamedTuple):
    """The worst figures of some runs."""

    restarts: int
    orphans: int
    zombies: int
    seconds: float


class Kill(NamedTuple):
    """What is done to a server under load, and whether it `ends` by that.

    What no process is left to flush may be lost, where it is not one that `spares` what was captured. A full run does
    it so many `times`.
    """

    name: str
    act: Callable[[Served, Endless], None]
    spares: bool = True
    ends: bool = False
    options: dict[str, str] | None = None
    times: int = 1


def _signal_master(number: int) -> Callable[[Served, Endless], None]:
    return lambda served, load: served.process.send_signal(number)


def _signal_worker(number: int) -> Callable[[Served, Endless], None]:
    def act(served: Served, load: Endless) -> None:
        before = load.processes
        worker = max(before)
        with contextlib.suppress(ProcessLookupError):
            os.kill(worker, number)
        _within(lambda: served.has_ended or load.processes - before)

    return act


def _reload(times: int) -> Callable[[Served, Endless], None]:
    def act(served: Served, load: Endless) -> None:
        for _ in range(times):
            if not served.has_ended:
                served.process.send_signal(signal.SIGHUP)
            load.go_on(20)
        _within(lambda: served.has_ended or len(load.processes) > 2)
        # Servers act on one signal after the other: until there are no more new workers.
        while _within(_has_new_worker(load), _SETTLED):
            pass

    return act


def _has_new_worker(load: Endless) -> Callable[[], object]:
    before = load.processes
    return lambda: load.processes - before


def _recycle(served: Served, load: Endless) -> None:
    _within(lambda: served.has_ended or len(load.processes) > 3)


KILLS = (
    Kill("SIGTERM to the master", _signal_master(signal.SIGTERM), ends=True, times=5),
    Kill("SIGINT to the master", _signal_master(signal.SIGINT), ends=True, times=5),
    Kill("SIGHUP to the master", _reload(1)),
    Kill(f"{_STORM} SIGHUPs to the master", _reload(_STORM)),
    Kill("recycling", _recycle, options=_RECYCLING),
    Kill("SIGTERM to a worker", _signal_worker(signal.SIGTERM)),
    Kill("SIGKILL to a worker", _signal_worker(signal.SIGKILL), spares=False),
    Kill("SIGKILL to the master", _signal_master(signal.SIGKILL), spares=False, ends=True),
)


def rows(scale: Scale) -> Iterator[Row]:
    """Yield a row for each server and kill."""
    for server, kill in scale.pairs(SERVERS, KILLS):
        if kill.options is None or server in kill.options:
            yield _row(server, kill, scale.count(kill.times))


def _row(server: str, kill: Kill, times: int) -> Row:
    found = [_run(server, kill, OURS) for _ in range(times)]
    bare = [_run(server, kill, BARE)]
    # What a bare server does now and then is not to be held against this package.
    while any(_worse(_worst(found), _worst(bare)).values()) and len(bare) < _CHANCES:
        bare.append(_run(server, kill, BARE))
    exchanges = [exchange for each in found for exchange in each.exchanges]
    lost = sum(each.account.lost for each in found)
    ours, as_bare = _worst(found), _worst(bare)
    figures: Figures = {
        "times": times,
        "requests": len(exchanges),
        "wrong answers": sum(bool(each.status) and not is_right(each) for each in exchanges),
        "errors": sum(each.account.captured for each in found),
        "lost": lost if kill.spares else 0,
        "lost with the killed": 0 if kill.spares else lost,
        "twice": sum(each.account.twice for each in found),
        "crossed": sum(each.account.crossed for each in found),
        "new workers": ours.restarts,
        "new workers bare": as_bare.restarts,
        "orphans": ours.orphans,
        "orphans bare": as_bare.orphans,
        "zombies": ours.zombies,
        "end s": ours.seconds,
        "end s bare": as_bare.seconds,
    }
    wrong = faults(figures, "wrong answers", "lost", "twice", "crossed", **_worse(ours, as_bare))
    return Row(f"{server}: {kill.name}", figures, wrong)


def _worst(found: Sequence[_Found]) -> _Worst:
    return _Worst(
        min(each.restarts for each in found),
        max(each.orphans for each in found),
        max(each.zombies for each in found),
        max(each.seconds for each in found),
    )


def _worse(ours: _Worst, bare: _Worst) -> dict[str, bool]:
    return {
        "more_orphans": ours.orphans > bare.orphans,
        "more_zombies": ours.zombies > bare.zombies,
        "no_new_worker": bare.restarts > 0 and not ours.restarts,
    }


def _run(server: str, kill: Kill, how: str) -> _Found:
    options = f"{_ALWAYS.get(server, '')} {(kill.options or {}).get(server, '')}"
    with tempfile.TemporaryDirectory() as directory, Receiver() as receiver:
        losses = Path(directory) / "losses"
        environ = variables(receiver, None, losses, how)
        with Served(server, environ, workers=2, options=options, app=app_of(how)) as served:
            with Endless(served.port) as load:
                _within(lambda: len(load.processes) > 1 or served.has_ended)
                load.go_on(50)
                before = load.processes
                seconds, zombies = _end(served, load, kill)
            orphans = _orphans(served)
        restarts = len(load.processes - before)
        events = accounts.account(
            receiver, "event", raising(load.exchanges), accounts.losses(losses)["error"]
        )
        return _Found(load.exchanges, events, restarts, orphans, zombies, seconds)


def _end(served: Served, load: Endless, kill: Kill) -> tuple[float, int]:
    """Do it, and end the server unless it ends by that: return the seconds that this takes, and the zombies before."""
    began = time.perf_counter()
    kill.act(served, load)
    if kill.ends:
        served.wait()
        return time.perf_counter() - began, 0
    load.go_on(50)
    _within(lambda: not served.zombies, _SETTLED)
    zombies = served.zombies
    return served.stop(), zombies


def _orphans(served: Served) -> int:
    """Return how many processes stay without their master, if a while does not help."""
    _within(lambda: not served.session, _SETTLED)
    return len(served.session)


def _within(condition: Callable[[], object], seconds: float = _LONGEST) -> bool:
    """Wait until it is so, or for so long; return whether it is."""
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            return False
        time.sleep(0.02)
    return True
