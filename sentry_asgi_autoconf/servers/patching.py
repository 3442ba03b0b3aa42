"""Run an adapter's steps around a server's function, whose arguments, result and errors stay what they are bare."""

from __future__ import annotations

import functools
import inspect
from typing import TYPE_CHECKING, Any, Callable, Generator, Optional

if TYPE_CHECKING:
    _Partial = functools.partial[Any]
else:
    _Partial = functools.partial

_POSITIONAL = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
_ANYTHING = [inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD]


class Call(_Partial):
    """One call of a server's function, with exactly what its caller passes."""

    @property
    def instance(self) -> Any:
        """The object whose method is called; the class, of a class method."""
        return self.args[0]

    def argument(self, name: str, otherwise: Any = inspect.Parameter.empty) -> Any:
        """Return the argument of this name, however it is passed, or else its default.

        If the function's signature does not tell which one it is, return `otherwise`; raise LookupError without.
        """
        if name in self.keywords:
            return self.keywords[name]
        parameters = _parameters(self.func)
        position = _position(parameters, name)
        if position is not None and position < len(self.args):
            return self.args[position]
        default = parameters[name].default if name in parameters else inspect.Parameter.empty
        found = otherwise if default is inspect.Parameter.empty else default
        if found is inspect.Parameter.empty:
            raise self._untold(name)
        return found

    def with_argument(self, name: str, value: Any) -> Call:
        """Return the call with `value` in place of an argument that its caller passes.

        Raises LookupError if there is none of this name, or if the signature does not tell.
        """
        if name in self.keywords:
            return Call(self.func, *self.args, **{**self.keywords, name: value})
        position = _position(_parameters(self.func), name)
        if position is None or position >= len(self.args):
            raise self._untold(name)
        return Call(self.func, *self.args[:position], value, *self.args[position + 1 :], **self.keywords)

    def _untold(self, name: str) -> LookupError:
        function = getattr(self.func, "__qualname__", repr(self.func))
        module = getattr(self.func, "__module__", "")
        return LookupError(f"it is not told which argument of {module}.{function} is {name!r}")


# What stands before the `yield` runs before the server's function, what stands after it afterwards. A call that is
# yielded is made in place of the one at hand, and what is returned at last, in place of what that returned.
Steps = Callable[[Call], Generator[Optional[Call], Any, None]]
Attempt = Callable[[Callable[[], Any], Any], Any]


def around(original: Callable[..., Any], steps: Steps, attempt: Attempt) -> Callable[..., Any]:
    """Return what to put in place of `original`: it runs `steps` around it, each part in `attempt`."""
    make = _around_coroutine if inspect.iscoroutinefunction(original) else _around_function
    replaced = make(original, steps, attempt)
    _codes.add(replaced.__code__)
    return functools.update_wrapper(replaced, original)


def _around_function(original: Callable[..., Any], steps: Steps, attempt: Attempt) -> Any:
    def replaced(*args: Any, **kwargs: Any) -> Any:
        running = _Running(steps, Call(original, *args, **kwargs), attempt)
        try:
            result = running.call()
        except BaseException as error:
            running.raised(error)
            raise
        return running.returned(result)

    return replaced


def _around_coroutine(original: Callable[..., Any], steps: Steps, attempt: Attempt) -> Any:
    async def replaced(*args: Any, **kwargs: Any) -> Any:
        running = _Running(steps, Call(original, *args, **kwargs), attempt)
        try:
            result = await running.call()
        except BaseException as error:
            running.raised(error)
            raise
        return running.returned(result)

    return replaced


def original_of(function: Any) -> Any:
    """Return the server's own function where `function` is what stands in its place."""
    while getattr(function, "__code__", None) in _codes:
        function = function.__wrapped__
    return function


_codes: set[Any] = set()


class _Running:
    """The steps around one call: the server sees what they yield and return, and nothing else of them."""

    def __init__(self, steps: Steps, call: Call, attempt: Attempt) -> None:
        self.call = call
        self._steps: Generator[Call | None, Any, None] | None = None
        self._attempt = attempt
        attempt(lambda: self._begin(steps), None)

    def _begin(self, steps: Steps) -> None:
        running = steps(self.call)
        try:
            changed = next(running)
        except StopIteration:  # they have nothing to do around this call
            return
        self._steps = running
        self.call = changed or self.call

    def returned(self, result: Any) -> Any:
        """Go on after the call, and return what its caller is given."""
        if self._steps is None:
            return result
        send = self._steps.send
        instead = self._attempt(lambda: _last_step(send, result), None)
        return result if instead is None else instead

    def raised(self, error: BaseException) -> None:
        """Go on after a call that has raised what its caller will see."""
        if self._steps is not None:
            throw, traceback = self._steps.throw, error.__traceback__
            self._attempt(lambda: _last_step_of_error(throw, error), None)
            error.__traceback__ = traceback


def _last_step(resume: Callable[[Any], Any], outcome: Any) -> Any:
    try:
        resume(outcome)
    except StopIteration as end:
        return end.value
    raise RuntimeError("the steps around a call yield twice")


def _last_step_of_error(throw: Callable[[Any], Any], error: BaseException) -> None:
    try:
        _last_step(throw, error)
    except BaseException as raised:
        # A StopIteration leaves a generator as the cause of a RuntimeError.
        if raised is not error and raised.__cause__ is not error:
            raise


def _parameters(function: Any) -> dict[str, inspect.Parameter]:
    try:
        parameters = dict(inspect.signature(function, follow_wrapped=False).parameters)
    except (TypeError, ValueError):  # a function of C tells nothing
        return {}
    # A decorator that takes anything passes it on. What one with parameters of its own has wrapped may get others.
    if hasattr(function, "__wrapped__") and [each.kind for each in parameters.values()] == _ANYTHING:
        return _parameters(function.__wrapped__)
    return parameters


def _position(parameters: dict[str, inspect.Parameter], name: str) -> int | None:
    names = [parameter.name for parameter in parameters.values() if parameter.kind in _POSITIONAL]
    return names.index(name) if name in names else None
