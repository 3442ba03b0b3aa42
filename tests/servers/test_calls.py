"""What an adapter is told of a call, and how it may change it."""

from __future__ import annotations

import functools
from typing import Any

import pytest

from sentry_asgi_autoconf.servers.patching import Call, around, original_of


def serve(app: Any, config: Any = "default", *more: Any, loop: Any = None, **options: Any) -> Any:
    return app, config, more, loop, options


@functools.wraps(serve)
def decorated(*args: Any, **kwargs: Any) -> Any:
    return serve(*args, **kwargs)


@functools.wraps(serve)
def rearranged(loader: Any, app: Any) -> Any:
    return serve(app, loader())


replaced = around(serve, lambda call: iter(()), lambda action, otherwise: action())  # type: ignore[arg-type,return-value] # no steps


@pytest.mark.parametrize("function", [serve, decorated, replaced])
@pytest.mark.parametrize(
    ("args", "kwargs", "name", "value"),
    [
        (("a", "c"), {}, "app", "a"),
        (("a", "c"), {}, "config", "c"),
        ((), {"app": "a"}, "app", "a"),
        (("a",), {}, "config", "default"),
        (("a",), {}, "loop", None),
        (("a",), {"loop": 1}, "loop", 1),
        (("a",), {"option": 2}, "option", 2),
    ],
)
def test_an_argument_is_told_by_its_name(
    function: Any, args: Any, kwargs: Any, name: str, value: Any
) -> None:
    assert Call(function, *args, **kwargs).argument(name) == value


@pytest.mark.parametrize(
    "call",
    [
        Call(serve),
        Call(lambda *args, **kwargs: None, "a", "c"),
        Call(print, "a"),
        Call(lambda application: None, "a"),
    ],
    ids=["not passed", "takes anything", "of C", "named otherwise"],
)
def test_what_is_not_told_is_not_guessed(call: Call) -> None:
    assert call.argument("app", "otherwise") == "otherwise"
    for ask in (lambda: call.argument("app"), lambda: call.with_argument("app", "other")):
        with pytest.raises(LookupError, match=r"the signature of .* does not show which argument is 'app'"):
            ask()


def test_a_decorator_that_takes_other_arguments_is_not_looked_through() -> None:
    assert Call(rearranged, "loader", "a").argument("app") == "a"
    assert Call(rearranged, "loader", "a").argument("config", None) is None


@pytest.mark.parametrize("function", [serve, decorated, replaced])
def test_one_argument_is_changed_and_no_other(function: Any) -> None:
    assert Call(function, "a", "c", 3, loop=1, x=2).with_argument("app", "b")() == (
        *("b", "c", (3,), 1),
        {"x": 2},
    )
    assert Call(function, loop=1, app="a").with_argument("app", "b")() == ("b", "default", (), 1, {})
    with pytest.raises(LookupError):
        Call(function, "a").with_argument("config", "c")


def test_the_servers_own_function_is_found_behind_what_replaces_it() -> None:
    assert original_of(replaced) is serve
    assert original_of(decorated) is decorated
