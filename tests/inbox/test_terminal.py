"""The terminal shows what arrives in a few lines, and acts on nothing in it."""

import io
import json
import re
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from rich.console import Console

from sentry_asgi_autoconf.inbox.terminal import JsonLines, Printer, plain
from tests.inbox.broken import ITEMS
from tests.inbox.payloads import ERROR, LOGS, STREAMED, TRANSACTION


def item(kind: str, payload: object) -> dict[str, Any]:
    received = "2026-01-02T03:04:05+00:00"
    headers = {"type": kind}
    return {"id": 12, "project": "1", "type": kind, "headers": headers, "envelope": {}, "received": received,
            "auth": {}, "payload": payload}  # fmt: skip


def printed(kind: str, payload: object, **console: Any) -> str:
    stream = io.StringIO()
    Printer(Console(file=stream, width=80, **console), url="http://127.0.0.1:8090").show(item(kind, payload))
    return stream.getvalue()


def test_an_error_is_told_with_place_source_request_and_where_to_read_more() -> None:
    lines = printed("event", ERROR).splitlines()
    assert len(lines) == 4
    assert "OrderError: no such order" in lines[0]
    assert lines[1].strip() == "shop/orders.py:42 in price  price_fails()"
    for shown in ("POST /orders/7", "shop@1.2", "staging"):
        assert shown in lines[2]
    assert lines[3].strip() == "http://127.0.0.1:8090/errors/12"


def test_of_many_frames_the_app_s_own_innermost_two_are_told() -> None:
    event = json.loads(json.dumps(ERROR))
    frames = event["exception"]["values"][-1]["stacktrace"]["frames"]
    frames[-1:] = [
        {**frames[-1], "function": function, "context_line": f"  {function}()"} for function in "abc"
    ]
    frames.append({**frames[0], "function": "library"})
    places = [line.split()[2:] for line in printed("event", event).splitlines() if "orders.py" in line]
    assert places == [["b", "b()"], ["c", "c()"]]


def test_more_of_an_issue_is_a_line_that_counts_ever_fewer() -> None:
    stream = io.StringIO()
    printer = Printer(Console(file=stream, width=80), url="http://127.0.0.1:8090")
    for _ in range(250):
        printer.show(item("event", ERROR))
    printer.show(item("event", {"message": "another"}))
    lines = stream.getvalue().splitlines()[4:]
    counted = [*range(2, 11), *range(20, 101, 10), 200]
    assert [re.findall(r"×(\d+)  (http\S+)/issues/", line) for line in lines[:-2]] == [
        [(str(count), "http://127.0.0.1:8090")] for count in counted
    ]
    assert "another" in lines[-2]


def test_a_transaction_is_one_line() -> None:
    [line] = printed("transaction", TRANSACTION).splitlines()
    for shown in ("/orders/{order}", "http.server", "internal_error", "200 ms", "2 spans"):
        assert shown in line


def test_a_streamed_segment_is_one_line() -> None:
    [line] = printed("span", STREAMED).splitlines()
    assert "GET /stock" in line
    assert "400 ms" in line


def test_a_log_record_is_one_line() -> None:
    [line] = printed("log", LOGS).splitlines()
    assert "warning" in line
    assert "stock is low" in line


def test_colour_is_for_terminals_alone() -> None:
    assert "\x1b" not in printed("event", ERROR)
    assert "\x1b" in printed("event", ERROR, force_terminal=True)


@pytest.mark.parametrize(
    "kind", ["client_report", "session", "sessions", "profile", "profile_chunk", "trace_metric"]
)
def test_bookkeeping_is_not_told(kind: str) -> None:
    assert printed(kind, {}) == ""


def test_an_unknown_item_is_one_line() -> None:
    assert printed("something_new", {}).split()[-1] == "something_ne"


@pytest.mark.parametrize(
    "attack",
    [
        "\x1b[31mred\x1b[0m",
        "\x1b]0;title\x07",
        "\x1b]52;c;ZXZpbA==\x1b\\",
        "\x9b2J",
        "\x1bPq#0\x1b\\",
        "\r\n\x00\x08\x7f",
        "\u202eoverride\u2066\u200f",
        "\ud800",
    ],
)
def test_control_sequences_never_reach_the_terminal(attack: str) -> None:
    event = json.loads(json.dumps(ERROR).replace("no such order", "X"))
    event["exception"]["values"][-1]["value"] = f"before {attack} after"
    event["release"] = event["request"]["method"] = event["transaction"] = attack
    output = printed("event", event) + printed(
        "transaction", {"transaction": attack, "contexts": {"trace": {"op": attack}}}
    )
    output += printed("log", {"items": [{"body": attack, "level": attack}]})
    output += printed(attack, {})
    assert "before" in output
    assert "after" in output
    assert all(char == "\n" or char.isprintable() for char in output), ascii(output)


def test_escape_sequences_are_removed_whole() -> None:
    assert plain("a\x1b[1;31mb\x1b]8;;http://x\x07c\x9b0md") == "abcd"


def test_markup_and_emoji_codes_are_only_text() -> None:
    output = printed(
        "event", {"message": "[bold red]x[/] [link=http://e]y :smile: [/nope]"}, force_terminal=True
    )
    assert "[bold red]x[/] [link=http://e]y :smile: [/nope]" in output


def test_a_terminal_that_cannot_write_a_character_gets_a_mark_instead() -> None:
    stream = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
    Printer(Console(file=stream)).show(item("event", ERROR))
    Printer(Console(file=stream)).show(item("event", {"message": "snow ☃"}))
    stream.flush()
    assert b"snow ?" in stream.buffer.getvalue()


def test_json_lines_are_one_line_an_item() -> None:
    stream = io.StringIO()
    lines = JsonLines(stream)
    lines.show(item("event", {"message": "two\nlines \x1b[31m"}))
    lines.show(item("log", LOGS))
    assert [json.loads(line)["type"] for line in stream.getvalue().splitlines()] == ["event", "log"]
    assert "\x1b" not in stream.getvalue()


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow], database=None)
@given(ITEMS)
def test_malformed_payloads_do_not_break_the_terminal(sent: Any) -> None:
    kind, payload = sent
    output = printed(kind, payload)
    assert all(char == "\n" or char.isprintable() for char in output), ascii(output)
