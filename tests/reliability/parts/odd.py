"""Old and odd: every Python that is there, and what an environment may have that nobody thinks of."""

from __future__ import annotations

import os
import sys
import tempfile
import zipfile
from pathlib import Path
from typing import Callable, Iterator, Mapping, NamedTuple

from tests.harness.server import APPS, BOOTSTRAP, environment, free_port
from tests.harness.venvs import interpreters, venv, wheel
from tests.reliability import accounts, client
from tests.reliability.client import Exchange
from tests.reliability.parts.load import raising, wrong
from tests.reliability.receiver import Receiver
from tests.reliability.rows import Figures, Row, Scale, faults
from tests.reliability.served import Served, variables

_REQUESTS = 200
_AT_ONCE = 4
_THIS = f"{sys.version_info.major}.{sys.version_info.minor}"
_OURS = "sentry-asgi-autoconf"
_LONG = os.pathsep.join(f"/nothing/is/here/{number:06}" for number in range(4_500))  # 100 kB
_CLOSED = ("sh", "-c", 'exec "$@" 2>&-', "sh")
_FULL = ("sh", "-c", 'ulimit -f 0; exec "$@"', "sh")
# May read what root may, as Python may be root's alone, and write where all may.
_READS = "--inh-caps=-all,+dac_read_search", "--ambient-caps=-all,+dac_read_search"
_AS_OTHER = ("setpriv", "--reuid=12345", "--regid=12345", "--clear-groups", *_READS)


def _order(minor: str) -> tuple[int, ...]:
    return tuple(map(int, minor.split(".")))


def _as_it_is(directory: Path) -> Path:
    return BOOTSTRAP


def _beside(directory: Path, name: str = "beside") -> Path:
    target = directory / name
    with zipfile.ZipFile(wheel()) as archive:
        archive.extractall(target)
    return target / "sentry_asgi_autoconf" / "bootstrap"


def _below_an_odd_path(directory: Path) -> Path:
    return _beside(directory, "with spaces, 'quotes' and ünïcode/\udcff")


def _zipped(directory: Path) -> Path:
    return wheel() / "sentry_asgi_autoconf" / "bootstrap"


class Circumstance(NamedTuple):
    """What is odd: Python's options, variables, a command in front, where the bootstrap lies.

    Where a minor version is named, it is that Python which runs, in an environment that has the `requirements`, and
    not this package.
    """

    name: str
    options: tuple[str, ...] = ()
    variables: Mapping[str, str] = {}
    before: tuple[str, ...] = ()
    bootstrap: Callable[[Path], Path] = _as_it_is
    minor: str = ""
    requirements: tuple[str, ...] = ("sentry-sdk", "uvicorn")


_SAFE_PATH = ("-P",) if sys.version_info >= (3, 11) else ()
_OPTIONS = ("-O", "-OO", "-W error", "-X dev", "-bb", *_SAFE_PATH, "-X utf8", "-B", "-u", "-s")
CIRCUMSTANCES = (
    *(Circumstance(options, tuple(options.split())) for options in _OPTIONS),
    Circumstance("all of them", tuple(" ".join(_OPTIONS).split())),
    Circumstance("stderr closed", before=_CLOSED),
    Circumstance("no directory to write to", variables={"HOME": "/nothing", "TMPDIR": "/nothing"}),
    Circumstance("no room in any file", before=_FULL),
    Circumstance(
        "not root, and directories of root's",
        variables={"HOME": "/", "TMPDIR": "/"},
        before=() if os.getuid() else _AS_OTHER,
    ),
    Circumstance(
        "bytes that are no UTF-8", variables={"ODD_\udcff": "\udcff", "SENTRY_SERVER_NAME": "caf\udce9"}
    ),
    Circumstance("LC_ALL=C", variables={"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}),
    Circumstance("100 kB of PYTHONPATH", variables={"PYTHONPATH": _LONG}),
    Circumstance("an odd path", bootstrap=_below_an_odd_path, minor=_THIS),
    Circumstance("zipped", bootstrap=_zipped, minor=_THIS),
    *(
        Circumstance(" ".join(pins), bootstrap=_beside, minor=_THIS, requirements=pins)
        for pins in (
            ("sentry-sdk==2.0.1", "uvicorn"),
            ("sentry-sdk", "uvicorn", "pydantic==1.10.24"),
            ("sentry-sdk", "uvicorn", "typing_extensions==4.0.0"),
        )
    ),
    *(
        Circumstance(f"Python {minor}", bootstrap=_beside, minor=minor)
        for minor in sorted(interpreters(), key=_order)
    ),
)


def rows(scale: Scale) -> Iterator[Row]:
    """Yield a row for each circumstance; by a small scale, for Python's options all at once."""
    chosen = CIRCUMSTANCES if scale.is_whole else CIRCUMSTANCES[len(_OPTIONS) :]
    for _, circumstance in scale.pairs(["uvicorn"], chosen):
        yield _row(circumstance, scale.count(_REQUESTS, 20))


def _row(circumstance: Circumstance, requests: int) -> Row:
    with tempfile.TemporaryDirectory() as directory, Receiver() as receiver:
        bare, _ = _run(circumstance, environment(bootstrap=False), None, requests)
        bootstrap = circumstance.bootstrap(Path(directory))
        # All that is captured has room in the queue of the transport, whose losses nothing could be told of here.
        roomy = {"SENTRY_TRANSPORT_QUEUE_SIZE": "1000"}
        environ = {**variables(receiver, 1.0, Path(os.devnull)), **roomy}
        ours, said = _run(circumstance, environ, bootstrap, requests)
        events = accounts.account(receiver, "event", raising(ours))
        sent = accounts.account(receiver, "transaction", [each.path.rpartition("/")[2] for each in ours])
    figures: Figures = {
        "requests": len(ours),
        "wrong answers": sum(one.answer != other.answer for one, other in zip(ours, bare)) + len(wrong(ours)),
        "errors": events.captured,
        "lost": events.lost + sent.lost,
        "twice": events.twice + sent.twice,
        "lines": said.count(f"{_OURS}: "),
    }
    found = faults(figures, "wrong answers", "lost", "twice", many_lines=said.count(f"{_OURS}: ") > 1)
    return Row(circumstance.name, figures, found)


def _run(
    circumstance: Circumstance, environ: Mapping[str, str], bootstrap: Path | None, requests: int
) -> tuple[list[Exchange], str]:
    port = free_port()
    path = [str(bootstrap) if bootstrap else "", circumstance.variables.get("PYTHONPATH", "")]
    python = [*circumstance.before, _python(circumstance), *circumstance.options]
    with Served(
        "uvicorn",
        {**environ, **circumstance.variables, "PYTHONPATH": os.pathsep.join(filter(None, path))},
        command=[*python, "-m", "uvicorn", "--port", port, "--app-dir", str(APPS), "numbered:app"],
        port=port,
        cwd=Path("/proc"),  # where nothing can be written
    ) as served:
        last = [f"/boom/{number}" for number in range(requests, requests + _AT_ONCE)]
        paths = (f"/{'boom' if number % 10 == 5 else 'ok'}/{number}" for number in range(requests))
        exchanges = client.ask(served.port, paths, _AT_ONCE, last)
        served.stop()
        return exchanges, served.said


def _python(circumstance: Circumstance) -> str:
    minor = circumstance.minor
    if not minor:
        return sys.executable
    requirements = [*circumstance.requirements]
    if _order(minor) < (3, 10):
        requirements.append("importlib-metadata")
    return venv(interpreters()[minor], *requirements)
