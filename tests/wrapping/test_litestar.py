"""What Litestar's middleware answers has its request, a name and the status of the response."""

from __future__ import annotations

from typing import Any, Callable

from tests.harness.arrived import all_of, by_path, status_of
from tests.harness.each_server import on_each_server
from tests.harness.envelopes import Project
from tests.harness.served import serve
from tests.harness.server import Server

# As by hand, what no route matches makes no transaction.
NO_ROUTE = "/none"
# Path → status of the response, name of the handler, status of the transaction.
ANSWERS = {
    "/me": (401, "me", "unauthenticated"),
    "/me?q=1": (503, "me", "unavailable"),
    "/open/1": (200, "opened", "ok"),
    "/open/0": (500, "opened", "internal_error"),
    "/open/404": (404, "opened", "not_found"),
}


@on_each_server()
def test_errors_in_middleware_have_request_name_and_status(
    server: str, start: Callable[..., Server], project: Project
) -> None:
    served = serve(start, server, "case_litestar:app")
    with served.client() as client:
        for path, (status, _, _) in ANSWERS.items():
            assert client.get(path).status_code == status, path
        assert client.get(NO_ROUTE).status_code == 404
    events, transactions = map(by_path, all_of(served, project, len(ANSWERS)))
    assert sorted(events) == ["/me?q=1", "/open/0"]
    assert {path: status_of(each) for path, each in transactions.items()} == {
        path: status for path, (_, _, status) in ANSWERS.items()
    }
    for path, payload in (*transactions.items(), *events.items()):
        assert payload["transaction"] in names(path), path
        assert payload["request"]["method"] == "GET"
    assert events["/me?q=1"]["exception"]["values"][-1]["value"].endswith("closed")


def names(path: str) -> tuple[Any, ...]:
    """Return the names that tell which route it was: that of the handler, or the path."""
    return path.partition("?")[0], f"case_litestar.{ANSWERS[path][1]}"
