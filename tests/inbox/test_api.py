"""The JSON API filters, waits and clears."""

import socket
import threading

import httpx
import pytest

from sentry_asgi_autoconf.inbox.server import BackgroundInbox
from tests.inbox.sending import CLIENT, send


def items(inbox: BackgroundInbox, query: str = "") -> list[int]:
    answer = httpx.get(f"{inbox.url}/api/inbox/items?{query}", timeout=60)
    assert answer.status_code == 200, answer.text
    return [item["id"] for item in answer.json()["items"]]


def test_health_is_answered(inbox: BackgroundInbox) -> None:
    assert httpx.get(f"{inbox.url}/api/inbox/health").status_code == 200


def test_items_are_filtered(inbox: BackgroundInbox) -> None:
    for kind, project in (("event", "1"), ("event", "2"), ("log", "1"), ("session", "1")):
        send(inbox, kind, {}, project=project)
    assert items(inbox) == [1, 2, 3, 4]
    assert items(inbox, "project=1") == [1, 3, 4]
    assert items(inbox, "type=event&type=log") == [1, 2, 3]
    assert items(inbox, "type=event&project=2&after=1") == [2]
    assert items(inbox, "after=1&limit=2") == [2, 3]
    assert items(inbox, "limit=0") == []


def test_an_item_is_given_whole(inbox: BackgroundInbox) -> None:
    number = send(inbox, "event", {"message": "hello"}, project="7")
    item = httpx.get(f"{inbox.url}/api/inbox/items/{number}").json()
    assert list(item) == ["id", "project", "type", "headers", "envelope", "received", "auth", "payload"]
    assert item == inbox.store.get(number)


@pytest.mark.parametrize("number", ["1", "9" * 5000, "-1", "x", "%2e%2e", "%C2%B2"])
def test_an_item_that_is_not_there_is_404(inbox: BackgroundInbox, number: str) -> None:
    answer = httpx.get(f"{inbox.url}/api/inbox/items/{number}")
    assert answer.status_code == 404
    assert "detail" in answer.json()


def test_items_are_cleared_by_project_or_all(inbox: BackgroundInbox) -> None:
    for project in "123":
        send(inbox, "event", {}, project=project)
    assert httpx.delete(f"{inbox.url}/api/inbox/items?project=2").json() == {"deleted": 1}
    assert items(inbox) == [1, 3]
    assert httpx.delete(f"{inbox.url}/api/inbox/items").json() == {"deleted": 2}
    assert items(inbox) == []


@pytest.mark.parametrize(
    "query", ["after=x", "limit=-1", "wait=soon", "wait=-1", "wait=nan", "count=1.5", "changes=x"]
)
def test_a_query_that_makes_no_sense_is_refused_by_name(inbox: BackgroundInbox, query: str) -> None:
    answer = httpx.get(f"{inbox.url}/api/inbox/items?{query}")
    assert answer.status_code == 400
    assert query.split("=")[0] in answer.json()["detail"]


def test_waiting_ends_with_the_item_waited_for(inbox: BackgroundInbox) -> None:
    results: list[list[int]] = []
    query = "type=event&count=2&wait=30"
    waiting = threading.Thread(target=lambda: results.append(items(inbox, query)))
    waiting.start()
    for kind in ("event", "log", "event"):
        assert not results
        send(inbox, kind, {})
    waiting.join(20)
    assert results == [[1, 3]]


def test_waiting_for_what_is_there_takes_no_time(inbox: BackgroundInbox) -> None:
    send(inbox, "event", {})
    assert items(inbox, "wait=30&count=1") == [1]


def test_waiting_for_changes_ends_with_any(inbox: BackgroundInbox) -> None:
    send(inbox, "event", {})
    seen = CLIENT.get(f"{inbox.url}/api/inbox/items").json()["changes"]
    for change in (lambda: send(inbox, "log", {}), lambda: inbox.store.clear()):
        waiting = threading.Thread(target=change)
        waiting.start()
        told = httpx.get(f"{inbox.url}/api/inbox/items?changes={seen}&wait=30&limit=0", timeout=60).json()
        waiting.join()
        assert (told["items"], told["changes"]) == ([], seen + 1)
        seen += 1


def test_waiting_in_vain_gives_what_there_is(inbox: BackgroundInbox) -> None:
    send(inbox, "event", {})
    assert items(inbox, "wait=0.05&count=2") == [1]


def test_an_item_added_by_another_thread_ends_the_waiting(inbox: BackgroundInbox) -> None:
    results: list[list[int]] = []
    waiting = threading.Thread(target=lambda: results.append(items(inbox, "wait=30")))
    waiting.start()
    entry = {"project": "1", "type": "event", "payload": {}}
    inbox.store.add(entry, 1)
    waiting.join(20)
    assert results == [[1]]


def test_the_inbox_ends_although_somebody_waits_and_answers_first() -> None:
    inbox = BackgroundInbox()
    address = httpx.URL(inbox.url)
    inbox.__enter__()
    with socket.create_connection((address.host, address.port)) as connection:
        connection.sendall(b"GET /api/inbox/items?wait=30 HTTP/1.1\r\nHost: inbox\r\n\r\n")
        # Connections are served in order: the one above waits once this one is answered.
        assert httpx.get(f"{inbox.url}/api/inbox/health").status_code == 200
        inbox.__exit__(None, None, None)
        assert connection.recv(100_000).startswith(b"HTTP/1.1 200")


OWN = (
    "localhost",
    "127.0.0.1",
    "[::1]",
    "LOCALHOST.",
    "shop.localhost",
    "host.docker.internal",
    "inbox",
    "192.0.2.7",
)
ANOTHERS = (
    "evil.example",
    "localhost.evil.example",
    "127.0.0.1.evil.example",
    "evil-localhost.example",
    "[x",
    "::1]",
)
REQUESTS = [
    ("GET", "/"),
    ("GET", "/api/inbox/items"),
    ("DELETE", "/api/inbox/items"),
    ("POST", "/api/1/envelope/"),
]


def ask(inbox: BackgroundInbox, method: str, path: str, **headers: str) -> int:
    body = b'{}\n{"type":"event"}\n{}\n' if method == "POST" else None
    return CLIENT.request(method, f"{inbox.url}{path}", headers=headers, content=body).status_code


def test_it_answers_to_its_own_host_names_alone(inbox: BackgroundInbox) -> None:
    port = inbox.url.rpartition(":")[2]
    for host in (*OWN, socket.gethostname()):
        for value in (host, f"{host}:{port}"):
            assert [ask(inbox, *request, Host=value) for request in REQUESTS] == [200] * 4, value
    kept = items(inbox)
    for host in ANOTHERS:
        for value in (host, f"{host}:{port}"):
            assert [ask(inbox, *request, Host=value) for request in REQUESTS] == [421] * 4, value
    assert items(inbox) == kept != []
    answer = CLIENT.get(f"{inbox.url}/api/inbox/items", headers={"Host": "evil.example"})
    assert "--allow-host" in answer.json()["detail"]


def test_it_answers_to_pages_of_its_own_origins_alone(inbox: BackgroundInbox) -> None:
    for origin in (inbox.url, "http://localhost:3000", "https://inbox", "http://[::1]:5173"):
        assert [ask(inbox, *request, Origin=origin) for request in REQUESTS] == [200] * 4, origin
    assert ask(inbox, "GET", "/", Host="192.0.2.7:8090", Origin="http://192.0.2.7:8090") == 200
    for origin in ("https://evil.example", "http://192.0.2.7", "null", "", "http://["):
        assert [ask(inbox, *request, Origin=origin) for request in REQUESTS] == [403] * 4, origin


def test_other_sites_may_not_read_the_api(inbox: BackgroundInbox) -> None:
    answer = httpx.get(f"{inbox.url}/api/inbox/items", headers={"Origin": "https://evil.example"})
    assert "access-control-allow-origin" not in answer.headers
