"""Compare what a server's functions, and their callers, see with its adapter and without.

`python -m tests.servers.seam_comparison TRIGGER` imports the trigger module, puts a function that records its calls in
place of each of the server's own, and calls it in many ways, before the adapters have joined the module and afterwards:
in processes that are inactive, disabled, excluded and active. It prints the seams that it found and what differed.
"""

from __future__ import annotations

import asyncio
import functools
import inspect
import itertools
import json
import os
import signal
import sys
import traceback
import types
from typing import Any, Callable

from tests.servers.odd_calls import ERRORS, Unkind, calls, releases, result, shown
from tests.servers.recorded_seams import Recorder, Seam
from tests.servers.seams import CHANGED, CONDITIONS, LOADERS, trigger_module


def outcome_of(function: Callable[[], Any]) -> tuple[str, Any]:
    """Call, and tell what comes of it; with what handlers of signals were left behind."""

    async def within_loop() -> Any:
        try:
            returned = function()
            return await returned if inspect.iscoroutine(returned) else returned
        except BaseException as error:
            # The event loop would make something else of some of them.
            return Raised(error)
        finally:
            if asyncio.get_running_loop().remove_signal_handler(signal.SIGTERM):
                left_behind.append("a handler in the event loop")

    returned = loop.run_until_complete(within_loop())
    return ("raised", returned.error) if isinstance(returned, Raised) else ("returned", returned)


class Raised:
    def __init__(self, error: BaseException) -> None:
        self.error = error


loop = asyncio.new_event_loop()
left_behind: list[str] = []
changed: set[str] = set()


def same(one: Any, other: Any) -> bool:
    """Whether two outcomes are the same: one object, or two errors of the kind that Python itself raises."""
    if isinstance(one, (RuntimeError, TypeError)) and type(one) is type(other):
        return str(one) == str(other)
    return one is other


def attributes_of(args: tuple[Any, ...]) -> dict[str, int]:
    """Return the identities of what the object keeps whose method is called."""
    is_kind = bool(args) and type(args[0]) is not Unkind
    return {name: id(value) for name, value in getattr(args[0], "__dict__", {}).items()} if is_kind else {}


class Comparison:
    """The calls of one seam with and without its adapter, in a process of one condition."""

    def __init__(self, module: Any, seam: Seam, seams: list[Seam], condition: str) -> None:
        self.module, self.seam, self.seams, self.condition = module, seam, seams, condition
        self.name = seam.name
        self.differences: list[str] = []

    def run(self) -> list[str]:
        seam = self.seam
        own = inspect.signature(seam.original, follow_wrapped=False)
        for signature in releases(own):
            for each in self.seams:  # as a process finds them that has just imported the module
                each.restore()
            recorder = seam.put(signature)
            bare = getattr(seam.owner, seam.attribute) if seam.targets() == [None] else recorder.function
            join(self.module)
            for target in seam.targets():
                self._compare(seam, recorder, bare, target, own)
        return self.differences

    def _compare(
        self, seam: Seam, recorder: Recorder, bare: Callable[..., Any], target: Any, own: inspect.Signature
    ) -> None:
        joined = getattr(seam.owner, seam.attribute)
        if inspect.iscoroutinefunction(bare) != inspect.iscoroutinefunction(joined):
            self.differences.append(f"{self.name} is a coroutine function in one of both")
        first = () if target is None else (target,)
        unbound = own.replace(parameters=list(own.parameters.values())[len(first) :])
        if isinstance(seam.declared, classmethod):
            unbound = own.replace(parameters=list(own.parameters.values())[1:])
        for args, kwargs in calls(unbound):
            for outcome in [result, None]:
                self._compare_call(recorder, bare, joined, ((*first, *args), kwargs), outcome)
        for error in ERRORS:
            arguments = next(itertools.islice(calls(unbound), 1, None))
            self._compare_call(recorder, bare, joined, ((*first, *arguments[0]), arguments[1]), error)

    def _compare_call(
        self, recorder: Recorder, bare: Any, joined: Any, call: tuple[Any, Any], outcome: Any
    ) -> None:
        recorder.outcome = outcome
        args, kwargs = call
        before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
        attributes = attributes_of(args)
        recorder.seen.clear()
        expected = outcome_of(lambda: bare(*args, **kwargs))
        expected_calls = list(recorder.seen)
        recorder.seen.clear()
        recorder.has_loaded = False
        left_behind.clear()
        found = outcome_of(lambda: joined(*args, **kwargs))
        what = f"{self.name}{shown(args, kwargs)} with {outcome!r}"
        if expected[0] != found[0] or not same(expected[1], found[1]):
            self.differences.append(f"{what}: {found}, without us {expected}")
        if len(expected_calls) != len(recorder.seen):
            self.differences.append(f"{what}: called {len(recorder.seen)} times")
        for one, other in zip(expected_calls, recorder.seen):
            self._compare_arguments(what, recorder, one, other)
        # What is passed for a loader and is none is never called, which would end the keeping of signals.
        has_loader = recorder.has_loader or not LOADERS.isdisjoint(kwargs)
        waits = self.condition == "excluded" and has_loader and not recorder.has_loaded
        if self.condition != "active" and not waits:
            now = {number: signal.getsignal(number) for number in before}
            if now != before or left_behind:
                self.differences.append(f"{what}: left handlers of signals behind: {now}, {left_behind}")
            if attributes_of(args) != attributes:
                self.differences.append(f"{what}: changed the object")
        for number, handler in before.items():
            signal.signal(number, handler)

    def _compare_arguments(self, what: str, recorder: Recorder, one: Any, other: Any) -> None:
        if len(one[0]) != len(other[0]) or one[1].keys() != other[1].keys():
            self.differences.append(f"{what}: passed {shown(*other)}")
            return
        names = list(inspect.signature(recorder.function).parameters)
        pairs = [(names[i] if i < len(names) else "", *pair) for i, pair in enumerate(zip(one[0], other[0]))]
        pairs += [(name, one[1][name], other[1][name]) for name in one[1]]
        files = next((passed for name, passed, _ in pairs if name == "env_files"), None)
        for name, passed, seen in pairs:
            if passed is not seen and not self._may_change(name, passed, type(files) is list):
                self.differences.append(f"{what}: {name} is changed")

    def _may_change(self, name: str, value: Any, has_files: bool) -> bool:
        if self.condition == "active":
            changed.add(name)
            return name in CHANGED.get(sys.argv[1], ()) and callable(value)
        # A file of variables that the server has still to read may say anything.
        return name in LOADERS and callable(value) and (has_files or self.condition == "excluded")


def functions() -> dict[str, Any]:
    """Return what adapters could replace: functions and methods of modules beside the trigger, and uvicorn's."""
    found = {}
    packages = {sys.argv[1].partition(".")[0], "uvicorn"}
    for module in [each for name, each in list(sys.modules.items()) if name.partition(".")[0] in packages]:
        for name, value in list(vars(module).items()):
            # What others have imported from there has its place changed too.
            if module.__name__ != sys.argv[1] and getattr(value, "__module__", None) != module.__name__:
                continue
            if isinstance(value, types.FunctionType):
                found[f"{module.__name__}:{name}"] = value
            elif isinstance(value, type) and value.__module__ == module.__name__:
                found.update({f"{module.__name__}:{name}.{key}": each for key, each in vars(value).items()})
    return found


def join(module: Any) -> None:
    """Have the adapters join the module anew, as in a process that has just imported it."""
    from sentry_asgi_autoconf.servers import joining

    joining.join(module)


def seams_of(module: Any) -> list[str]:
    before = functions()
    join(module)
    after = functions()
    return sorted(name for name, value in after.items() if before.get(name) is not value)


def in_child(condition: str, action: Callable[[], Any]) -> Any:
    """Run in a forked process with the variables of a condition, and give what it gives."""
    readable, writable = os.pipe()
    child = os.fork()
    if child == 0:
        status = 1
        try:
            os.environ.update(CONDITIONS[condition])
            # A worker that was forked has its parent's.
            signal.signal(signal.SIGTERM, lambda number, frame: None)
            with os.fdopen(writable, "w") as stream:
                json.dump(action(), stream)
            status = 0
        except BaseException:
            traceback.print_exc()
        finally:
            sys.stderr.flush()
            os._exit(status)
    os.close(writable)
    with os.fdopen(readable) as stream:
        told = stream.read()
    assert os.waitpid(child, 0)[1] == 0, f"{condition} failed"
    return json.loads(told)


def main() -> None:
    module = trigger_module(sys.argv[1])
    found = in_child("inactive", lambda: seams_of(module))
    seams = [Seam(name) for name in found if not name.endswith(".__new__")]  # of which there is none before

    def differences_in(condition: str) -> Any:
        comparisons = [Comparison(module, seam, seams, condition) for seam in seams]
        return [difference for each in comparisons for difference in each.run()], sorted(changed)

    told = {
        condition: in_child(condition, functools.partial(differences_in, condition))
        for condition in CONDITIONS
    }
    differences = {condition: differences for condition, (differences, _) in told.items()}
    print(json.dumps({"seams": found, "differences": differences, "changed": told["active"][1]}))


if __name__ == "__main__":
    main()
