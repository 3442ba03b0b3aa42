"""Notice calls of a class's objects: no frame in a traceback shows it, and the class's own `__call__` is handed out."""

from __future__ import annotations

import functools
from typing import Any, Callable

from sentry_asgi_autoconf import failures, post_import

Notice = Callable[..., None]


class WatchedCall:
    """What stands for `__call__` on the class in the meantime."""

    def __init__(self, kind: Any, notice: Notice) -> None:
        """Take the class, and what is called with its object and with the arguments of each call."""
        self._kind = kind
        self._notice = notice
        self._original = vars(kind).get("__call__")
        self._is_over = False

    def begin(self) -> None:
        """Watch, unless the class has no `__call__` of its own, or what has patched it is no function."""
        if isinstance(self._original, type(_unexpected)):
            self._kind.__call__ = self

    def end(self) -> None:
        """Put the original back; where another has patched the class since then, and holds this, only be still."""
        self._is_over = True
        if vars(self._kind).get("__call__") is self:
            self._kind.__call__ = self._original

    def __get__(self, instance: Any, kind: Any = None) -> Any:
        """Return what notices the call of an object; the function itself to who patches the class."""
        assert self._original is not None
        if instance is None or self._is_over:
            return self._original.__get__(instance, kind)
        return _Call(self._original, instance, self._notice)


class _Call(functools.partial):  # type: ignore[type-arg] # not to be subscripted before Python 3.9
    """A bound `__call__`: a partial, as inspect sees a coroutine function in the partial of one."""

    _notice: Notice

    def __new__(cls, function: Any, instance: Any, notice: Notice) -> _Call:
        call = super().__new__(cls, function, instance)
        call._notice = notice
        return call

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        post_import.guarded(lambda: self._notice(*self.args, *args, **kwargs), _unexpected)
        # Not awaited here: the coroutine is the app's own.
        return self.func(*self.args, *args, **kwargs)

    def __getattr__(self, name: str) -> Any:
        if name == "_notice":  # not set yet
            raise AttributeError(name)
        return getattr(self.func.__get__(*self.args), name)


def _unexpected(error: Exception) -> Exception:
    return failures.of_stage(error)
