"""The places at which the adapters join their servers: the table of them, and what each does with odd calls.

`python -m tests.servers.seams TRIGGER` imports the trigger module, puts a function that records its calls in place of
each of the server's own, and calls it in many ways, before the adapters have joined the module and afterwards: in
processes that are inactive, disabled, excluded and active. It prints the seams that it found and what differed.
"""

from __future__ import annotations

import asyncio
import functools
import importlib
import inspect
import itertools
import json
import os
import signal
import sys
import traceback
import types
from typing import Any, Callable, Iterator

# Trigger module → what its adapters replace, as module:function or module:class.method.
SEAMS: dict[str, set[str]] = {
    "a2wsgi.asgi": {"a2wsgi.asgi:ASGIMiddleware.__call__"},
    "awslambdaric.bootstrap": {"awslambdaric.bootstrap:_get_handler"},
    "azure.functions._http_asgi": {"azure.functions._http_asgi:AsgiMiddleware.__init__"},
    "daphne.cli": {"daphne.cli:import_by_path"},
    "daphne.management.commands.runserver": {"daphne.management.commands.runserver:Command.get_application"},
    "daphne.server": {"daphne.server:Server.__init__"},
    "fastapi_cli.cli": {"fastapi_cli.cli:_run"},
    "granian.asgi": {"granian.asgi:_callback_wrapper", "granian.asgi:LifespanProtocol.__init__"},
    "granian.server": {
        "granian.server.mp:MPServer._spawn_asgi_worker",
        "granian.server.mp:MPServer._spawn_asgi_lifespan_worker",
        "granian.server.mt:MTServer._serve",
        "granian._signals:set_loop_signals",
    },
    "granian.server.embed": {"granian.server.embed:Server.serve"},
    "gunicorn.app.base": {"gunicorn.app.base:BaseApplication.wsgi"},
    "gunicorn.workers.gasgi": {"gunicorn.workers.gasgi:ASGIWorker.load_wsgi"},
    "hypercorn.asyncio.run": {
        "hypercorn.asyncio.run:load_application",
        "hypercorn.asyncio.run:worker_serve",
    },
    "hypercorn.trio.run": {"hypercorn.trio.run:load_application", "hypercorn.trio.run:worker_serve"},
    "litestar.cli._utils": {"litestar.cli._utils:LitestarEnv.from_env"},
    "mangum.adapter": {"mangum.adapter:Mangum.__init__", "mangum.adapter:Mangum.__call__"},
    "modal._runtime.asgi": {
        "modal._runtime.asgi:asgi_app_wrapper",
        "modal._runtime.asgi:LifespanManager.lifespan_shutdown",
    },
    "modal._runtime.user_code_imports": {
        "modal._runtime.user_code_imports:import_single_function_service",
        "modal._runtime.user_code_imports:import_class_service",
        "modal._runtime.user_code_imports:construct_webhook_callable",
    },
    "ray.serve._private.http_util": {
        "ray.serve._private.http_util:ASGIAppReplicaWrapper.__new__",
        "ray.serve._private.http_util:ASGIAppReplicaWrapper.__init__",
        "ray.serve._private.http_util:ASGIAppReplicaWrapper.__call__",
        "ray.serve._private.http_util:ASGIAppReplicaWrapper._set_asgi_app",
        "ray.serve._private.http_util:ASGIAppReplicaWrapper._run_asgi_lifespan_startup",
        "uvicorn.config:Config.__init__",
    },
    "socketify.asgi": {"socketify.asgi:_ASGI.__init__"},
    "socketify.cli": {"socketify.cli:load_module", "socketify.cli:execute"},
    "uvicorn.config": {
        "uvicorn.config:Config.load",
        "uvicorn.config:Config.load_app",
        "uvicorn.config:Config.bind_socket",
    },
    "uvicorn.server": {"uvicorn.server:Server._serve"},
}
# The arguments that an adapter may change where they can be called, in a process that reports.
CHANGEABLE = {"callback", "callable", "callback_loader", "target_loader", "asgi_app"}
# Until the app that a loader loads is known by its import string, it is watched.
WATCHED_IF_EXCLUDED = {"callback_loader", "target_loader"}
CONDITIONS: dict[str, dict[str, str]] = {
    "inactive": {"SENTRY_DSN": ""},
    "disabled": {
        "SENTRY_ASGI_DISABLED_SERVERS": "a2wsgi,azure-functions,daphne,granian,gunicorn,hypercorn,mangum,modal,ray"
        ",socketify,uvicorn"
    },
    "excluded": {"SENTRY_ASGI_EXCLUDED_APPS": "*:*"},
    "active": {},
}

# -- servers that are not installed, in the shape that their releases have


class ASGIAppReplicaWrapper:
    def __init__(self, app_or_func: Any) -> None: ...

    def _set_asgi_app(self, app: Any) -> None: ...

    async def _run_asgi_lifespan_startup(self) -> None: ...

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None: ...

    async def __del__(self) -> None: ...


class LifespanManager:
    async def lifespan_shutdown(self) -> None: ...


def asgi_app_wrapper(asgi_app: Any, container_io_manager: Any) -> Any: ...


def import_single_function_service(function_def: Any, ser_fun: Any) -> Any: ...


def import_class_service(
    function_def: Any, data: Any, class_id: Any, cls_args: Any = (), **more: Any
) -> Any: ...


def construct_webhook_callable(
    user_defined_callable: Any, webhook_config: Any, container_io_manager: Any
) -> Any: ...


STAND_INS: dict[str, list[Any]] = {
    "modal._runtime.asgi": [asgi_app_wrapper, LifespanManager],
    "modal._runtime.user_code_imports": [
        import_single_function_service,
        import_class_service,
        construct_webhook_callable,
    ],
    "ray.serve._private.http_util": [ASGIAppReplicaWrapper],
}


def trigger_module(name: str) -> Any:
    """Import the trigger, or make what stands in for one that is not installed."""
    if name == "daphne.management.commands.runserver":
        importlib.import_module("django.conf").settings.configure()
    if name not in STAND_INS:
        return importlib.import_module(name)
    module: Any = types.ModuleType(name)
    for value in STAND_INS[name]:
        value.__module__ = name
        setattr(module, value.__name__, value)
    module.api_pb2 = types.SimpleNamespace(WEBHOOK_TYPE_ASGI_APP=1, WEBHOOK_TYPE_FUNCTION=2)
    sys.modules[name] = module
    if name.startswith("ray."):
        ray: Any = types.ModuleType("ray")
        ray.get_runtime_context = lambda: types.SimpleNamespace(get_actor_id=lambda: "actor")
        sys.modules["ray"] = ray
        importlib.import_module("uvicorn.config")
    return module


# -- what is passed


class CallableObject:
    """An app, a loader, or anything else that can be called."""

    async def __call__(self, *arguments: Any) -> None: ...


class ASGIWrapper(CallableObject):
    """What hypercorn makes of an app."""

    def __init__(self) -> None:
        self.app = app


class Unkind:
    """A value that answers no question."""

    def __getattribute__(self, name: str) -> Any:
        raise ZeroDivisionError(name)

    def __eq__(self, other: object) -> bool:
        raise ZeroDivisionError

    def __bool__(self) -> bool:
        raise ZeroDivisionError

    def __str__(self) -> str:
        raise ZeroDivisionError

    __hash__ = object.__hash__


async def app(scope: Any, receive: Any, send: Any) -> None:
    """Be an app that exclusions can name, as this module's variable."""


callable_object = CallableObject()
loader = functools.partial(lambda *arguments: app, "tests.servers.seams:app")
unkind = Unkind()
result = CallableObject()

VALUES: dict[str, Any] = {
    "None": None,
    "a number": 7,
    "bytes": b"wsgi:app",
    "a list": ["--interface", 3],
    "an import string": "tests.servers.seams:app",
    "another text": "wsgi:",
    "an app": app,
    "a callable object": callable_object,
    "a class": CallableObject,
    "a loader": loader,
    "hypercorn's wrapper": ASGIWrapper(),
    "Modal's definition": types.SimpleNamespace(
        type=1, webhook_config=types.SimpleNamespace(type=1), method_definitions={}
    ),
    "an unkind object": unkind,
}
# Names that a replacement might give to what it is passed itself.
EXTRA = ("added_in_a_later_release", "original", "call", "func", "args", "steps", "instance")
ERRORS = [
    ValueError("the server's"),
    RuntimeError("the server's"),
    StopIteration("the server's"),
    SystemExit(5),
    KeyboardInterrupt(),
    GeneratorExit(),
]


def calls(signature: inspect.Signature) -> Iterator[tuple[tuple[Any, ...], dict[str, Any]]]:
    """Give the arguments of all ways to call a function that a server might have, or a caller might err in."""
    named = [
        each
        for each in signature.parameters.values()
        if each.kind not in (each.VAR_KEYWORD, each.VAR_POSITIONAL)
    ]
    positional = [each.name for each in named if each.kind is not each.KEYWORD_ONLY]
    only_by_name = {each.name: app for each in named if each.kind is each.KEYWORD_ONLY}
    apps: list[Any] = [app] * len(positional)
    yield (), {}
    yield tuple(apps), only_by_name
    yield (), {**dict(zip(positional, apps)), **only_by_name}
    yield (*apps, "one more"), only_by_name
    for extra in EXTRA:
        yield tuple(apps), {**only_by_name, extra: app}
    for value in VALUES.values():
        values = [value] * len(positional)
        yield tuple(values), dict.fromkeys(only_by_name, value)
        yield (), {**dict(zip(positional, values)), **dict.fromkeys(only_by_name, value)}
    for position, value in itertools.product(range(len(positional)), VALUES.values()):
        yield (*apps[:position], value, *apps[position + 1 :]), only_by_name


# -- what is seen


class Recorder:
    """A function in place of the server's own, with the signature of one of its releases."""

    def __init__(self, original: Callable[..., Any], signature: inspect.Signature) -> None:
        self.seen: list[Any] = []
        self.outcome: Any = result

        def record(*args: Any, **kwargs: Any) -> Any:
            signature.bind(*args, **kwargs)  # raises TypeError, as the function would
            self.seen.append((args, kwargs))
            if isinstance(self.outcome, BaseException):
                raise self.outcome
            return self.outcome

        async def record_in_coroutine(*args: Any, **kwargs: Any) -> Any:
            return record(*args, **kwargs)

        made: Any = record_in_coroutine if inspect.iscoroutinefunction(original) else record
        made.__name__, made.__qualname__ = original.__name__, original.__qualname__
        made.__module__, made.__signature__ = original.__module__, signature
        self.function = made


def releases(signature: inspect.Signature) -> Iterator[inspect.Signature]:
    """Give the signature of this release, and of some that might follow."""
    parameters = list(signature.parameters.values())
    yield signature
    ends = [each for each in parameters if each.kind is each.VAR_KEYWORD]
    others = [each for each in parameters if each.kind is not each.VAR_KEYWORD]
    added = inspect.Parameter("added_in_a_later_release", inspect.Parameter.KEYWORD_ONLY, default=None)
    yield signature.replace(parameters=[*others, added, *ends])
    yield inspect.signature(lambda *args, **kwargs: None)  # decorated by somebody
    renamed = [each.replace(name=f"renamed_{each.name}") for each in parameters if each.name != "self"]
    yield signature.replace(parameters=[*parameters[: len(parameters) - len(renamed)], *renamed])


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
        """Give what the function can be called on; None for a function of a module, a static or a class method."""
        if not isinstance(self.owner, type) or self.declared is not self.original:
            return [None]
        return [Holder.make(self.owner, is_empty=True), Holder.make(self.owner, is_empty=False)]


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


def same(one: Any, other: Any) -> bool:
    """Whether two outcomes are the same: one object, or two errors of the kind that Python itself raises."""
    if isinstance(one, (RuntimeError, TypeError)) and type(one) is type(other):
        return str(one) == str(other)
    return one is other


def shown(args: tuple[Any, ...], kwargs: dict[str, Any]) -> str:
    """Name what is passed, without asking it."""
    names = {id(value): name for name, value in VALUES.items()}
    words = [names.get(id(value), type(value).__name__) for value in args]
    return f"({', '.join([*words, *(f'{name}={names.get(id(value))}' for name, value in kwargs.items())])})"


def attributes_of(args: tuple[Any, ...]) -> dict[str, int]:
    """Give the identities of what the object keeps whose method is called."""
    is_kind = bool(args) and type(args[0]) is not Unkind
    return {name: id(value) for name, value in getattr(args[0], "__dict__", {}).items()} if is_kind else {}


class Comparison:
    """The calls of one seam with and without its adapter, in a process of one condition."""

    def __init__(self, module: Any, name: str, condition: str) -> None:
        self.module, self.name, self.condition = module, name, condition
        self.differences: list[str] = []

    def run(self) -> list[str]:
        seam = Seam(self.name)
        own = inspect.signature(seam.original, follow_wrapped=False)
        for signature in releases(own):
            seam.restore()
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
        left_behind.clear()
        found = outcome_of(lambda: joined(*args, **kwargs))
        what = f"{self.name}{shown(args, kwargs)} with {outcome!r}"
        if expected[0] != found[0] or not same(expected[1], found[1]):
            self.differences.append(f"{what}: {found}, without us {expected}")
        if len(expected_calls) != len(recorder.seen):
            self.differences.append(f"{what}: called {len(recorder.seen)} times")
        for one, other in zip(expected_calls, recorder.seen):
            self._compare_arguments(what, recorder, one, other)
        if self.condition != "active":
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
        for name, passed, seen in pairs:
            if passed is not seen and not self._may_change(name, passed):
                self.differences.append(f"{what}: {name} is changed")
            elif passed is loader and name in WATCHED_IF_EXCLUDED and seen() is not app:
                self.differences.append(f"{what}: {name} loads another app")

    def _may_change(self, name: str, value: Any) -> bool:
        changeable = {"active": CHANGEABLE, "excluded": WATCHED_IF_EXCLUDED}.get(self.condition, set())
        return name in changeable and callable(value)


def functions() -> dict[str, Any]:
    """Give all that adapters could replace: the functions and methods of modules beside the trigger, and uvicorn's."""
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
    from sentry_asgi_autoconf.runtime import Runtime

    Runtime().join_server(module)


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
    differences = {
        condition: in_child(
            condition,
            lambda: [
                difference
                for name in found
                if not name.endswith(".__new__")  # there is none before
                for difference in Comparison(module, name, condition).run()  # noqa: B023
            ],
        )
        for condition in CONDITIONS
    }
    print(json.dumps({"seams": found, "differences": differences}))


if __name__ == "__main__":
    main()
