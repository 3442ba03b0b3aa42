"""Errors are grouped as Sentry groups them."""

from typing import Any

import pytest

from sentry_asgi_autoconf.inbox.issues import group_of


def frame(
    function: str = "price", *, line: int = 1, in_app: bool = True, source: str = "return 1 / 0"
) -> dict[str, Any]:
    return {"module": "shop", "function": function, "lineno": line, "in_app": in_app, "context_line": source}


def raised(
    *frames: dict[str, Any], kind: str = "KeyError", value: str = "'tea'", **mechanism: Any
) -> dict[str, Any]:
    return {"type": kind, "value": value, "mechanism": mechanism, "stacktrace": {"frames": list(frames)}}


def error(*chain: dict[str, Any], **fields: Any) -> dict[str, Any]:
    return {"exception": {"values": list(chain)}, **fields}


def message(text: str, **fields: Any) -> dict[str, Any]:
    return {"logentry": {"message": text, **fields}}


LIBRARY = frame("call", in_app=False)
ALIKE: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "another value": (error(raised(frame(), value="'tea'")), error(raised(frame(), value="'milk'"))),
    "another line number": (error(raised(frame(line=1))), error(raised(frame(line=9)))),
    "other library frames": (error(raised(frame())), error(raised(LIBRARY, frame(), LIBRARY))),
    "another request": (
        error(raised(frame())),
        error(raised(frame()), request={"url": "/x"}, transaction="/x"),
    ),
    "the two forms of a list": (error(raised(frame())), {"exception": [raised(frame())]}),
    "a number in a message": (message("order 17 took 3.5 s"), message("order 4 took 12 s")),
    "an id in a message": (
        message("no order 7f1c8e2a-0b6d-4f0e-9c55-2d2f7a1be0aa at 0x7f3a"),
        message("no order 00000000-1111-2222-3333-444444444444 at 0x11"),
    ),
    "the parameters of a message": (
        message("no %s", formatted="no tea"),
        message("no %s", formatted="no milk"),
    ),
    "a number in a value without a stack": (error(raised(value="took 5 s")), error(raised(value="took 7 s"))),
    "another type that is made up": (
        error(raised(frame(), kind="Log", synthetic=True)),
        error(raised(frame(), kind="Warn", synthetic=True)),
    ),
    "one fingerprint": (
        error(raised(frame()), fingerprint=["mine"]),
        {**message("x"), "fingerprint": ["mine"]},
    ),
}
UNLIKE: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "another type": (error(raised(frame())), error(raised(frame(), kind="ValueError"))),
    "another function": (error(raised(frame())), error(raised(frame("stock")))),
    "another line of source": (error(raised(frame())), error(raised(frame(source="raise KeyError(sku)")))),
    "another cause": (error(raised(frame())), error(raised(frame("stock")), raised(frame()))),
    "another library, where no frame is the app's own": (
        error(raised(LIBRARY)),
        error(raised(frame("send", in_app=False))),
    ),
    "another message": (message("no tea"), message("no milk")),
    "another fingerprint": (
        error(raised(frame()), fingerprint=["a"]),
        error(raised(frame()), fingerprint=["b"]),
    ),
    "more than the usual": (
        error(raised(frame()), fingerprint=["{{ default }}", "berlin"]),
        error(raised(frame()), fingerprint=["{{ default }}", "paris"]),
    ),
}


@pytest.mark.parametrize(("one", "other"), ALIKE.values(), ids=ALIKE.keys())
def test_events_of_one_issue(one: dict[str, Any], other: dict[str, Any]) -> None:
    assert group_of(one) == group_of(other)


@pytest.mark.parametrize(("one", "other"), UNLIKE.values(), ids=UNLIKE.keys())
def test_events_of_two_issues(one: dict[str, Any], other: dict[str, Any]) -> None:
    assert group_of(one) != group_of(other)


def test_the_usual_fingerprint_is_none() -> None:
    event = error(raised(frame()))
    assert (
        group_of({**event, "fingerprint": ["{{ default }}"]})
        == group_of(event)
        == group_of({**event, "fingerprint": []})
    )
