"""A WSGI app that is mounted in an ASGI app: one request is one transaction."""

from __future__ import annotations

from typing import Callable

from tests.harness.arrived import all_of, path_of, status_of
from tests.harness.each_server import on_each_server
from tests.harness.envelopes import Project
from tests.harness.served import serve
from tests.harness.server import Server

ANSWERS = {
    "/old/item/1": (200, "ok"),
    "/old/item/0": (500, "internal_error"),
    "/old/none": (404, "not_found"),
    "/new/1": (200, "ok"),
    "/new/0": (500, "internal_error"),
}


@on_each_server()
def test_each_request_is_one_transaction(server: str, start: Callable[..., Server], project: Project) -> None:
    served = serve(start, server, "case_wsgi_mount:app")
    with served.client() as client:
        for path, (status, _) in ANSWERS.items():
            assert client.get(path).status_code == status, path
    events, transactions = all_of(served, project, len(ANSWERS))
    assert sorted(path_of(each) for each in transactions) == sorted(ANSWERS)
    assert sorted(path_of(each) for each in events) == ["/new/0", "/old/item/0"]
    assert {path_of(each): status_of(each) for each in transactions} == {
        path: status for path, (_, status) in ANSWERS.items()
    }
    traces = {path_of(each): each["contexts"]["trace"]["trace_id"] for each in transactions}
    for each in (*transactions, *events):
        assert each["transaction"]
        assert each["contexts"]["trace"]["trace_id"] == traces[path_of(each)]
        inner = [span["op"] for span in each.get("spans", ())]
        assert inner.count("http.server") <= 1
