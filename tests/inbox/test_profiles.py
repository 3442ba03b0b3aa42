"""Profiles are joined as flame graphs, and what cannot be read of them is left out."""

from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sentry_asgi_autoconf.inbox import profiles
from sentry_asgi_autoconf.inbox.server import BackgroundInbox
from tests.inbox.broken import ANYTHING, odd
from tests.inbox.payloads import CHUNK, PROFILE, TRACE, TRANSACTION
from tests.inbox.sending import CLIENT, page, send


def shape(node: dict[str, Any]) -> list[Any]:
    return [node["name"], node["value"], [shape(child) for child in node["children"]]]


def test_samples_are_joined_from_the_outside_in(inbox: BackgroundInbox) -> None:
    number = send(inbox, "profile", PROFILE)
    tree = CLIENT.get(f"{inbox.url}/api/inbox/profiles/{number}").json()
    handle = ["shop.orders.handle", 5, [["shop.prices.price", 4, [["json.dumps", 3, []]]]]]
    assert shape(tree) == ["all threads", 5, [["MainThread", 5, [handle]]]]
    assert tree["children"][0]["children"][0]["own"] is True


def test_the_page_names_the_functions_that_take_the_time(inbox: BackgroundInbox) -> None:
    html = page(inbox, f"/profiles/{send(inbox, 'profile', PROFILE)}")
    for shown in (
        "json.dumps",
        "json/__init__.py:183",
        "60.0 %",
        "100.0 %",
        "5 samples",
        "40.0 ms",
        f"/traces/{TRACE}",
    ):
        assert shown in html


def test_the_chunks_of_a_continuous_profile_are_one(inbox: BackgroundInbox) -> None:
    numbers = [send(inbox, "profile_chunk", CHUNK) for _ in range(3)]
    send(inbox, "profile_chunk", {**CHUNK, "profiler_id": "another"})
    html = page(inbox, "/profiles")
    assert html.count("Continuous profile</strong>") == 2
    assert "12 samples" in page(inbox, f"/profiles/{numbers[0]}")
    assert "3 chunks" in page(inbox, f"/profiles/{numbers[0]}")


def test_a_transaction_leads_to_its_profile(inbox: BackgroundInbox) -> None:
    own, chunk = send(inbox, "profile", PROFILE), send(inbox, "profile_chunk", CHUNK)
    sampled = send(inbox, "transaction", {**TRANSACTION, "event_id": "e" * 32})
    contexts = {**TRANSACTION["contexts"], "profile": {"profiler_id": CHUNK["profiler_id"]}}  # type: ignore[dict-item]
    streamed = send(inbox, "transaction", {**TRANSACTION, "contexts": contexts})
    for number, profile in ((sampled, own), (streamed, chunk)):
        assert f'href="/profiles/{profile}"' in page(inbox, f"/transactions/{number}")
    assert (
        "/profiles/"
        not in page(inbox, f"/transactions/{send(inbox, 'transaction', TRANSACTION)}").partition("<main")[2]
    )


def test_what_is_not_a_profile_is_404(inbox: BackgroundInbox) -> None:
    send(inbox, "log", {})
    for path in ("/profiles/1", "/profiles/x", "/api/inbox/profiles/1", "/api/inbox/profiles/9"):
        assert CLIENT.get(inbox.url + path).status_code == 404


def test_a_tree_is_bounded_in_width_and_depth() -> None:
    def read(frames: int, stacks: list[list[int]]) -> dict[str, Any]:
        named = [{"function": f"f{number}"} for number in range(frames)]
        samples = [{"stack_id": number, "thread_id": "1"} for number in range(len(stacks))]
        payload = {"profile": {"frames": named, "stacks": stacks, "samples": samples}}
        return profiles.tree(profiles.samples_of({"payload": payload}))

    deep, depth = read(5000, [list(range(5000))]), 0
    while deep["children"]:
        [deep] = deep["children"]
        depth += 1
    assert depth == profiles.MAX_DEPTH + 1
    many = profiles.MAX_NODES + 100
    wide = read(many, [[number] for number in range(many)])
    assert (wide["value"], len(wide["children"][0]["children"])) == (many, profiles.MAX_NODES - 2)


INDEX = st.one_of(st.integers(-3, 3), ANYTHING)
BROKEN = odd(
    profiler_id=st.sampled_from(["a", "b"]),
    transactions=st.lists(odd(id=st.text(max_size=2), name=st.text(max_size=4)), max_size=2),
    profile=odd(
        frames=st.lists(
            odd(function=st.text(max_size=4), lineno=st.integers(), in_app=st.booleans()), max_size=3
        ),
        stacks=st.lists(st.lists(INDEX, max_size=3), max_size=3),
        samples=st.lists(
            odd(
                stack_id=INDEX,
                thread_id=st.text(max_size=2),
                timestamp=ANYTHING,
                elapsed_since_start_ns=ANYTHING,
            ),
            max_size=3,
        ),
        thread_metadata=odd(a=odd(name=st.text(max_size=2))),
    ),
)


def test_no_page_fails_on_a_malformed_profile() -> None:
    with BackgroundInbox() as inbox:

        @settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow], database=None)
        @given(st.sampled_from(profiles.TYPES), BROKEN)
        def show(kind: str, payload: Any) -> None:
            inbox.store.clear()
            number = send(inbox, kind, payload)
            for path in ("/", "/profiles", f"/profiles/{number}", f"/api/inbox/profiles/{number}"):
                assert CLIENT.get(inbox.url + path).status_code == 200, path

        show()
