"""Run an adapter's steps around a server's function, whose arguments, result and errors stay what they are bare."""

from __future__ import annotations

import contextlib
import functools
import inspect
from types import TracebackType
from typing import Any, Callable, Generator, Optional

_POSITIONAL = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
_ANYTHING = [inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD]
_EMPTY = inspect.Parameter.empty


class Call(functools.partial):  # type: ignore[type-arg] # not to be subscripted before Python 3.9
    """One call of a server's function: `func`, and the `args` and `keywords` that its caller passes."""

    @property
    def instance(self) -> Any:
        """The object whose method is called, or the class, of a class method."""
        return self.args[0]

    def argument(self, name: str, otherwise: Any = _EMPTY) -> Any:
        """Return the argument of this name, by position or keyword, or else its default in the signature.

        Where the signature does not tell which one it is, return `otherwise`. Raises LookupError without.
        """
        if name in self.keywords:
            return self.keywords[name]
        position = self._position(name)
        if position is not None:
            return self.args[position]
        default = getattr(_parameters(self.func).get(name), "default", _EMPTY)
        found = otherwise if default is _EMPTY else default
        if found is _EMPTY:
            raise self._untold(name)
        return found

    def with_argument(self, name: str, value: Any) -> Call:
        """Return the call with `value` in place of an argument that its caller passes.

        Raises LookupError if none of this name is passed, or if the signature does not tell.
        """
        if name in self.keywords:
            return Call(self.func, *self.args, **{**self.keywords, name: value})
        position = self._position(name)
        if position is None:
            raise self._untold(name)
        return Call(self.func, *self.args[:position], value, *self.args[position + 1 :], **self.keywords)

    def _position(self, name: str) -> int | None:
        """Return where an argument stands that is passed by position."""
        names = [each.name for each in _parameters(self.func).values() if each.kind in _POSITIONAL]
        passed = names[: len(self.args)]
        return passed.index(name) if name in passed else None

    def _untold(self, name: str) -> LookupError:
        function = getattr(self.func, "__qualname__", repr(self.func))
        module = getattr(self.func, "__module__", "")
        return LookupError(f"the signature of {module}.{function} does not show which argument is {name!r}")


def _parameters(function: Any) -> dict[str, inspect.Parameter]:
    try:
        parameters = dict(inspect.signature(function, follow_wrapped=False).parameters)
    except (TypeError, ValueError):  # a function of C tells nothing
        return {}
    # A decorator that takes anything passes it on. What one with parameters of its own has wrapped may get others.
    if hasattr(function, "__wrapped__") and [each.kind for each in parameters.values()] == _ANYTHING:
        return _parameters(function.__wrapped__)
    return parameters


# What stands before the `yield` runs before the server's function, what stands after it afterwards. A call that is
# yielded is made in place of the one at hand, and what is returned at last, in place of what that returned.
Steps = Callable[[Call], Generator[Optional[Call], Any, None]]
Attempt = Callable[[Callable[[], Any], Any], Any]

_codes: set[Any] = set()


def around(original: Callable[..., Any], steps: Steps, attempt: Attempt) -> Callable[..., Any]:
    """Return what to put in place of `original`: it runs `steps` around it, each part in `attempt`."""

    def function(*args: Any, **kwargs: Any) -> Any:
        with _Running(steps, Call(original, *args, **kwargs), attempt) as running:
            running.result = running.call()
        return running.result

    async def coroutine_function(*args: Any, **kwargs: Any) -> Any:
        with _Running(steps, Call(original, *args, **kwargs), attempt) as running:
            running.result = await running.call()
        return running.result

    replaced: Any = coroutine_function if inspect.iscoroutinefunction(original) else function
    _codes.add(replaced.__code__)
    return functools.update_wrapper(replaced, original)


def original_of(function: Any) -> Any:
    """Return the server's own function where `function` is what stands in its place."""
    while getattr(function, "__code__", None) in _codes:
        function = function.__wrapped__
    return function


class _Running:
    """The steps around one call: the server sees what they yield and return, and nothing else of them."""

    def __init__(self, steps: Steps, call: Call, attempt: Attempt) -> None:
        self.call, self.result = call, None
        self._steps: Generator[Call | None, Any, None] | None = None
        self._attempt = attempt
        attempt(lambda: self._begin(steps), None)

    def _begin(self, steps: Steps) -> None:
        running = steps(self.call)
        with contextlib.suppress(StopIteration):  # they have nothing to do around this call
            self.call = next(running) or self.call
            self._steps = running

    def __enter__(self) -> _Running:
        return self

    def __exit__(self, kind: Any, error: BaseException | None, traceback: TracebackType | None) -> None:
        """Go on after the call, whose caller sees the error that it has raised as it is."""
        if self._steps is None:
            return
        resume = self._steps.send if error is None else self._steps.throw
        instead = self._attempt(lambda: self._end(resume, error), None)
        if instead is not None:
            self.result = instead
        if error is not None:
            error.__traceback__ = traceback

    def _end(self, resume: Callable[[Any], Any], error: BaseException | None) -> Any:
        try:
            resume(self.result if error is None else error)
        except StopIteration as end:
            return end.value
        except BaseException as raised:
            # A StopIteration leaves a generator as the cause of a RuntimeError.
            if error is None or not (raised is error or raised.__cause__ is error):
                raise
            return None
        raise RuntimeError("the steps around a call yield twice")
