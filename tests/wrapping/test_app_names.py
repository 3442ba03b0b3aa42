"""The name of a transaction is never empty, has the mounts in it, and counts `root_path` once."""

from __future__ import annotations

from typing import Callable
from urllib.parse import urlsplit

from tests.harness.arrived import all_of, by_path, name_of
from tests.harness.each_server import on_each_server
from tests.harness.envelopes import Project
from tests.harness.served import serve
from tests.harness.server import Server

Start = Callable[..., Server]


@on_each_server()
def test_mounts_and_hosts_are_part_of_the_name(server: str, start: Start, project: Project) -> None:
    served = serve(start, server, "case_mounts:app")
    with served.client() as client:
        for number in "01":
            status = 200 if number == "1" else 500
            assert client.get(f"/sub/hi/{number}").status_code == status
            assert client.get(f"/sub/deep/item/{number}").status_code == status
            host = {"host": "api.example.org"}
            assert client.get(f"/hosted/{number}", headers=host).status_code == status
    names = {
        "/sub/hi/": ("/sub/hi/{number}", "route"),
        "/sub/deep/item/": ("/sub/deep/item/{number}", "route"),
        "/hosted/": ("/hosted/{number}", "route"),
    }
    events, transactions = all_of(served, project, 6)
    for payloads, numbers in ((transactions, "01"), (events, "0")):
        assert {path: name_of(payload) for path, payload in by_path(payloads).items()} == {
            path + number: name for path, name in names.items() for number in numbers
        }


@on_each_server()
def test_a_name_is_never_empty(server: str, start: Start, project: Project) -> None:
    served = serve(start, server, "case_unnamed_mount:app")
    paths = ["/static/x.js", "/", "/api", "/api?n=0", "/static/bad.js"]
    with served.client() as client:
        assert [client.get(path).status_code for path in paths] == [200, 200, 200, 500, 500]
    events, transactions = all_of(served, project, len(paths))
    assert {path: name_of(payload) for path, payload in by_path(transactions).items()} == {
        "/static/x.js": ("/static/x.js", "url"),
        "/": ("/", "url"),
        "/api": ("/api", "route"),
        "/api?n=0": ("/api", "route"),
        "/static/bad.js": ("/static/bad.js", "url"),
    }
    assert {path: name_of(event) for path, event in by_path(events).items()} == {
        "/api?n=0": ("/api", "route"),
        "/static/bad.js": ("/static/bad.js", "url"),
    }


# Server → the option, and whether the path that the app is given has the root path before that of the request line.
# All but uvicorn leave `path` as it is in the request line: one that begins with the root path came through a proxy
# that takes nothing away.
_ROOT_PATH = {
    "uvicorn": ("--root-path /api", True),
    "hypercorn": ("--root-path /api", False),
    "granian": ("--url-path-prefix /api", False),
    "gunicorn": ("--root-path /api", False),
}


@on_each_server("uvicorn", "hypercorn")
def test_the_root_path_is_counted_once(server: str, start: Start, project: Project) -> None:
    option, is_put_before = _ROOT_PATH[server]
    served = serve(start, server, "case_root_path:app", option)
    asked = {"/ok": "/api/ok", "/api/other": "/api/api/other" if is_put_before else "/api/other"}
    asked["/bad"] = "/api/bad"
    with served.client() as client:
        for path, public in asked.items():
            answer = client.get(path)
            assert answer.text == (public if is_put_before else path) or path == "/bad"
    (event,), transactions = all_of(served, project, len(asked))
    for payload in (*transactions, event):
        path = urlsplit(payload["request"]["url"]).path
        assert name_of(payload) == (path, "url")
    assert {urlsplit(each["request"]["url"]).path for each in transactions} == set(asked.values())
    assert urlsplit(event["request"]["url"]).path == "/api/bad"
