"""Which version of a policy file counts while it is replaced, written anew, broken and removed."""

from __future__ import annotations

import os
import random
import sys
from pathlib import Path
from typing import Any, Callable

import pytest

from sentry_asgi_autoconf.activation.live_policy import Watched
from sentry_asgi_autoconf.policy import in_force
from sentry_asgi_autoconf.policy.enforcement import NO_POLICY, Policy
from sentry_asgi_autoconf.policy.rules import Facts
from tests.harness.declared import POLICIES, distribution
from tests.harness.server import ROOT, run
from tests.harness.venvs import venv

OPTIONS = ("sample_rate", "traces_sample_rate", "profiles_sample_rate")


def watched(path: Path) -> Watched:
    (source,) = in_force.read_all(in_force.find({"SENTRY_ASGI_POLICY": str(path)}))
    return Watched(source)


def ceilings(*policies: Policy) -> dict[str, Any]:
    """Return what these policies together let each rate be at most."""
    found = in_force.together(policies, Facts)
    return {name: found.limits[name].maximum if name in found.limits else 1.0 for name in OPTIONS}


def in_force_of(file: Watched) -> dict[str, Any]:
    return ceilings(*(source.policy for source in file.sources))


def limits(**rates: float) -> str:
    return "[limits]\n" + "".join(f"{name} = {{ max = {rate} }}\n" for name, rate in rates.items())


def test_a_version_counts_when_it_is_found_twice_and_what_is_stricter_at_once(tmp_path: Path) -> None:
    path = tmp_path / "policy.toml"
    path.write_text(limits(sample_rate=0.5, traces_sample_rate=0.5))
    file = watched(path)
    path.write_text(limits(sample_rate=0.2, traces_sample_rate=0.9))
    assert file.look() == []
    assert in_force_of(file) == {"sample_rate": 0.2, "traces_sample_rate": 0.5, "profiles_sample_rate": 1.0}
    assert file.look() == []
    assert in_force_of(file) == {"sample_rate": 0.2, "traces_sample_rate": 0.9, "profiles_sample_rate": 1.0}


def test_of_a_file_that_never_rests_what_is_stricter_holds_and_what_is_looser_waits(tmp_path: Path) -> None:
    path = tmp_path / "policy.toml"
    path.write_text(limits(sample_rate=0.5))
    file = watched(path)
    for rate in (0.9, 0.1, 0.8, 0.2, 0.7):
        path.write_text(limits(sample_rate=rate))
        file.look()
        assert in_force_of(file)["sample_rate"] == min(rate, 0.5)


def without(path: Path) -> Path:
    path.unlink()
    return path


def give_away(path: Path) -> None:
    path.write_text("[limits]\n")
    os.chown(path, 12345, -1)


BAD: dict[str, Callable[[Path], object]] = {
    "is gone": without,
    "is no TOML": lambda path: path.write_text("[limits\n"),
    "says what makes no sense": lambda path: path.write_text("[limits]\nsample_rate = 1\n"),
    "is of 100 MB": lambda path: os.truncate(path, 100 * 2**20),
    "is a pipe": lambda path: os.mkfifo(without(path)),
    "is a directory": lambda path: without(path).mkdir(),
    "leads to itself": lambda path: without(path).symlink_to(path),
    "is no text": lambda path: path.write_bytes(b"\xff\xfe"),
    "now belongs to another user": give_away,
}


@pytest.mark.parametrize("what", BAD)
def test_the_version_before_holds_while_the_file(what: str, tmp_path: Path) -> None:
    path = tmp_path / "policy.toml"
    path.write_text(limits(sample_rate=0.5))
    file = watched(path)
    BAD[what](path)
    said = [line for _ in range(5) for line in file.look()]
    assert in_force_of(file)["sample_rate"] == 0.5
    (line,) = map(str, said)
    assert line.startswith("a changed policy does not count: ") and line.endswith("[policy-change]")
    new = path.with_name("new")
    new.write_text(limits(sample_rate=0.7))
    if path.is_dir():
        path.rmdir()
    new.replace(path)
    assert [file.look() for _ in range(2)] == [[], []]
    assert in_force_of(file)["sample_rate"] == 0.7


def test_at_no_moment_something_looser_holds_than_a_version_that_was_written(tmp_path: Path) -> None:
    chance = random.Random(7)
    path = tmp_path / "policy.toml"
    path.write_text(limits(sample_rate=0.5))
    file = watched(path)
    # What was whole since the file last rested: one of them is to be at least as loose as what holds.
    whole = [in_force_of(file)]
    for number in range(10_000):
        rates = {name: chance.choice((0.0, 0.1, 0.15, 0.5, 1.0)) for name in OPTIONS if chance.random() < 0.7}
        text = limits(**rates) + f"# {number}\n"
        way = chance.choice(("replace", "write", "half", "half, then whole", "empty", "broken", "gone"))
        if way == "gone":
            path.unlink(missing_ok=True)
        elif way == "replace":
            (tmp_path / "new").write_text(text)
            (tmp_path / "new").replace(path)
        elif way == "broken":
            path.write_text(text + "[")
        else:
            path.write_text(
                text[: chance.randrange(len(text))] if "half" in way else "" if way == "empty" else text
            )
        if "half" in way or way == "empty":
            file.look()
            check(in_force_of(file), whole)
            path.write_text(text)  # a writer that ends: nothing is left half written
        if way not in ("gone", "broken"):
            whole.append({**dict.fromkeys(OPTIONS, 1.0), **rates})
        for _ in range(chance.randrange(4)):
            file.look()
            check(in_force_of(file), whole)
        if len(file.sources) == 1 and in_force_of(file) == whole[-1]:
            whole = whole[-1:]


def check(holds: dict[str, Any], whole: list[dict[str, Any]]) -> None:
    """Check that what holds is as strict in each option as one of the versions is."""
    assert any(all(holds[name] <= each[name] for name in OPTIONS) for each in whole), (holds, whole)


def test_nothing_is_sent_by_being_half_under_one_policy_and_half_under_the_next(tmp_path: Path) -> None:
    (tmp_path / "acme_hooks.py").write_text("def drop(event, hint):\n    return None\n")
    path = tmp_path / "policy.toml"
    # Each of them lets no error through, by what the SDK asks at another moment.
    versions = ('[enforced]\nbefore_send = "acme_hooks:drop"\n', "[enforced]\nsample_rate = 0.0\n")
    path.write_text(versions[0])
    environ = {"SENTRY_ASGI_POLICY": str(path), "SENTRY_DSN": "http://key@localhost:9/1"}
    found = run(FLIPS.format(path=str(path), versions=versions), {**environ, "PYTHONPATH": str(tmp_path)})
    assert (found.returncode, found.stderr) == (0, "")
    sent, flips, captured = found.stdout.split()
    assert (sent, flips) == ("0", "100")
    assert int(captured) > 100


FLIPS = """
import threading, time, sys
import sentry_sdk
from sentry_asgi_autoconf import activate
from sentry_asgi_autoconf.serving import served_app
assert activate().active
(begin,) = served_app.when_serving
live = begin.__self__
sent, captured = [], []
class Kept(sentry_sdk.transport.Transport):
    def capture_envelope(self, envelope):
        sent.append(envelope)
client = sentry_sdk.get_client()
client.transport = Kept()
sys.setswitchinterval(1e-5)
ends = threading.Event()
def capture():
    while not ends.is_set():
        captured.append(sentry_sdk.capture_message("forbidden"))
threads = [threading.Thread(target=capture) for _ in range(2)]
for thread in threads:
    thread.start()
flips = 0
for number in range(100):
    before = live._loaded
    with open({path!r}, "w") as file:
        file.write({versions!r}[(number + 1) % 2] + f"# {{number}}\\n")
    for _ in range(2):
        live.look()
        # Between two looks lie seconds, in which whatever is being captured comes to its end.
        seen = len(captured)
        while len(captured) < seen + 5:
            pass
    flips += live._loaded is not before
ends.set()
for thread in threads:
    thread.join()
print(len(sent), flips, len(captured))
"""


SDKS = [
    pytest.param((), id="newest"),
    pytest.param(("sentry-sdk==2.0.1",), id="oldest", marks=pytest.mark.slow),
]


@pytest.mark.parametrize("requirements", SDKS)
def test_a_policy_that_pauses_before_any_request_holds_from_the_first(
    requirements: tuple[str, ...], tmp_path: Path
) -> None:
    path = tmp_path / "policy.toml"
    path.write_text("enabled = false\n")
    environ = {
        "PYTHONPATH": str(ROOT),
        "SENTRY_ASGI_POLICY": str(path),
        "SENTRY_DSN": "http://key@localhost:9/1",
    }
    python = venv(sys.executable, *requirements) if requirements else sys.executable
    found = run(PAUSED.format(path=str(path)), environ, python=python)
    assert (found.returncode, found.stderr) == (0, "")
    assert found.stdout.split() == ["paused", "None", "None", "True", "True"]


PAUSED = """
import sentry_sdk
from sentry_asgi_autoconf import activate
from sentry_asgi_autoconf.serving import served_app
print(activate().code, sentry_sdk.get_client().transport)
sentry_sdk.init(environment="of the app")  # whose client is paused, too
print(sentry_sdk.get_client().transport)
(begin,) = served_app.when_serving
live = begin.__self__
with open({path!r}, "w") as file:
    file.write("enabled = true\\n")
live.look(); live.look()
client = sentry_sdk.get_client()
print(client.transport is not None, client.options["environment"] == "of the app")
"""


@pytest.mark.parametrize("requirements", SDKS)
def test_what_the_sdk_makes_of_arguments_is_had_without_a_client(requirements: tuple[str, ...]) -> None:
    code = """
from sentry_asgi_autoconf.activation.live_policy import _Options
import threading
made = _Options(dsn="http://key@localhost:9/1", profiles_sample_rate=1.0, sample_rate=0.5)
print(made.options["sample_rate"], made.transport, len(threading.enumerate()), "session_flusher" in vars(made))
"""
    python = venv(sys.executable, *requirements) if requirements else sys.executable
    found = run(code, {"PYTHONPATH": str(ROOT)}, python=python)
    assert (found.stdout, found.stderr) == ("0.5 None 1 False\n", "")


def test_a_change_that_cannot_be_put_in_force_has_nothing_sent_and_is_said_once(tmp_path: Path) -> None:
    (tmp_path / "acme_hooks.py").write_text("def keep(event, hint):\n    return event\n")
    path = tmp_path / "policy.toml"
    path.write_text("[defaults]\nmax_breadcrumbs = 7\n")
    environ = {
        "PYTHONPATH": f"{ROOT}:{tmp_path}",
        "SENTRY_ASGI_POLICY": str(path),
        "SENTRY_DSN": "http://key@localhost:9/1",
    }
    found = run(FAILS.format(path=str(path)), environ)
    assert (found.returncode, found.stdout.split()) == (0, ["None", "True"]), found.stderr
    assert found.stderr.count("cannot be put in force: nothing is sent") == 1
    assert found.stderr.count("[unexpected-error]") == 1


def test_of_two_that_change_together_one_that_names_what_is_not_there_does_not_hold_up_the_other(
    tmp_path: Path,
) -> None:
    first, last = tmp_path / "first.toml", tmp_path / "last.toml"
    environ = {
        **distribution(tmp_path, f"PATH = {str(first)!r}", {POLICIES: {"acme": "acme:PATH"}}),
        "SENTRY_ASGI_POLICY": str(last),
        "SENTRY_DSN": "http://key@localhost:9/1",
    }
    for broken, other in ((first, last), (last, first)):
        first.write_text("")
        last.write_text("")
        found = run(TOGETHER.format(broken=str(broken), other=str(other)), environ)
        assert (found.returncode, found.stdout.split()) == (0, ["0.25", "True"]), found.stderr
        (line,) = found.stderr.splitlines()
        assert "a changed policy does not count" in line and "acme_hooks" in line


TOGETHER = """
import sentry_sdk
from sentry_asgi_autoconf import activate
from sentry_asgi_autoconf.serving import served_app
assert activate().active
(begin,) = served_app.when_serving
live = begin.__self__
with open({broken!r}, "w") as file:
    file.write("[enforced]\\nbefore_send = 'acme_hooks:gone'\\n")
with open({other!r}, "w") as file:
    file.write("[enforced]\\nsample_rate = 0.25\\n")
live.look(); live.look(); live.look()
client = sentry_sdk.get_client()
print(client.options["sample_rate"], client.transport is not None)
"""


FAILS = """
import sentry_sdk
from sentry_asgi_autoconf import activate
from sentry_asgi_autoconf.serving import served_app
assert activate().active
(begin,) = served_app.when_serving
live = begin.__self__
client = sentry_sdk.get_client()
class Options(dict):
    def get(self, *args):  # as an SDK's that has changed its mind
        raise RuntimeError("gone")
kept, client.options = client.options, Options()
with open({path!r}, "w") as file:
    file.write("[defaults]\\nmax_breadcrumbs = 9\\n")
live.look()
live._watched[0]._is_settled = True
live.look(); live.look()
print(client.transport)
client.options = kept
with open({path!r}, "w") as file:
    file.write("[defaults]\\nmax_breadcrumbs = 11\\n")
live.look(); live.look()
print(client.transport is not None and client.options["max_breadcrumbs"] == 11)
"""


def test_a_policy_without_rules_is_none(tmp_path: Path) -> None:
    assert in_force.together([], Facts) == NO_POLICY
