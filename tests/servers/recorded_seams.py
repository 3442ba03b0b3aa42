"""Functions that record their calls, in place of a server's own."""

from __future__ import annotations

import inspect
import sys
import types
from typing import Any, Callable

from tests.servers.odd_calls import app, loader, result, unkind
from tests.servers.seams import LOADERS


class Recorder:
    """A function in place of the server's own, with the signature of one of its releases."""

    def __init__(self, original: Callable[..., Any], signature: inspect.Signature) -> None:
        self.seen: list[Any] = []
        self.outcome: Any = result
        self.has_loader = not LOADERS.isdisjoint(signature.parameters)
        self.has_loaded = False

        def record(*args: Any, **kwargs: Any) -> Any:
            bound = signature.bind(*args, **kwargs)  # raises TypeError, as the function would
            self.seen.append((args, kwargs))
            for name in LOADERS & bound.arguments.keys():
                value = bound.arguments[name]
                if value is not unkind and getattr(value, "__wrapped__", value) is loader:
                    self.seen.append(((value(),), {}))  # as a server does
                    self.has_loaded = True
            if isinstance(self.outcome, BaseException):
                raise self.outcome
            return self.outcome

        async def record_in_coroutine(*args: Any, **kwargs: Any) -> Any:
            return record(*args, **kwargs)

        made: Any = record_in_coroutine if inspect.iscoroutinefunction(original) else record
        made.__name__, made.__qualname__ = original.__name__, original.__qualname__
        made.__module__, made.__signature__ = original.__module__, signature
        self.function = made


class Holder:
    """What a method is called on: an object of the server's class with everything that an adapter may look at."""

    @staticmethod
    def make(kind: Any, *, is_empty: bool) -> Any:
        made = object.__new__(kind)
        if not is_empty:
            config = types.SimpleNamespace(worker_class=_ASGIWorker, preload_app=False)
            for name in ("app", "application", "asgi", "_app", "loaded_app", "_asgi_app", "target"):
                made.__dict__[name] = app
            made.__dict__.update(interface="asgi", cfg=config, callable=None)
        return made


_ASGIWorker = type("ASGIWorker", (), {"__module__": "gunicorn.workers.gasgi"})


class Seam:
    """One of the server's functions, replaced by recorders."""

    def __init__(self, name: str) -> None:
        self.name = name
        module, _, path = name.partition(":")
        self.owner: Any = sys.modules[module]
        *classes, self.attribute = path.split(".")
        for each in classes:
            self.owner = getattr(self.owner, each)
        self.declared = inspect.getattr_static(self.owner, self.attribute)
        self.original = getattr(self.declared, "__func__", self.declared)

    def put(self, signature: inspect.Signature) -> Recorder:
        recorder = Recorder(self.original, signature)
        is_bare = self.declared is self.original
        setattr(
            self.owner,
            self.attribute,
            recorder.function if is_bare else type(self.declared)(recorder.function),
        )
        return recorder

    def restore(self) -> None:
        setattr(self.owner, self.attribute, self.declared)

    def targets(self) -> list[Any]:
        """Return what the function can be called on; None for a function of a module, a static or a class method."""
        if not isinstance(self.owner, type) or self.declared is not self.original:
            return [None]
        return [Holder.make(self.owner, is_empty=True), Holder.make(self.owner, is_empty=False)]
