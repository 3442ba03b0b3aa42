"""What a request brought along is replaced, and nothing else."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sentry_asgi_autoconf.serving.sensitive import Sensitive

ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text() | st.binary(),
    lambda inner: st.lists(inner) | st.tuples(inner, inner) | st.dictionaries(st.text(), inner),
)


def sensitive(client: Any = None, addresses: bool = True, **headers: str) -> Sensitive:
    """Return what a request with these headers brings along."""
    pairs = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    return Sensitive({"client": client, "headers": pairs}, addresses=addresses)


@pytest.mark.parametrize("pair", [[{}, {}], [[], []], [1.5, 2.5], ["a", "b"], [None, None]])
@pytest.mark.parametrize("scope", [None, {}, {"client": None}, {"client": ()}, {"client": [None, None]}])
def test_a_pair_is_no_address_where_the_client_is_unknown(scope: Any, pair: list[Any]) -> None:
    assert Sensitive(scope, addresses=True).replaced_in({"pair": pair, "twice": [pair, pair]}) == {
        "pair": pair,
        "twice": [pair, pair],
    }


@given(ANYTHING, ANYTHING, ANYTHING)
def test_a_scope_of_any_shape_is_taken(client: Any, headers: Any, data: Any) -> None:
    Sensitive({"client": client, "headers": headers}, addresses=True).replaced_in(data)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("10.0.0.7 came", "[Filtered] came"),
        ("10.0.0.70 and 110.0.0.7 stay", "10.0.0.70 and 110.0.0.7 stay"),
        ("token abcdef123!", "token [Filtered]!"),
        ("xabcdef123", "xabcdef123"),
        ("as bytes b'abcdef123'", "as bytes b'[Filtered]'"),
    ],
)
def test_values_are_found_as_whole_words(text: str, expected: str) -> None:
    request = sensitive(client=("10.0.0.7", 4), authorization="Bearer abcdef123")
    assert request.replaced_in(text) == expected


def test_a_value_that_was_cut_is_found() -> None:
    request = sensitive(authorization="Bearer abcdefghijklmnop")
    assert request.replaced_in("the token is abcdefgh...") == "the token is [Filtered]"
    assert request.replaced_in("something else ...") == "something else ..."


@pytest.mark.parametrize("value", ["1", "en", "false", "unknown", "https", "ok"])
def test_short_and_common_values_do_not_blot_out_text(value: str) -> None:
    request = sensitive(cookie=f"a={value}", x_api_key=value, x_forwarded_for=value)
    assert request.replaced_in(f"this is {value} here") == f"this is {value} here"


def test_a_cookie_of_any_length_is_filtered_where_it_stands_under_its_name() -> None:
    request = sensitive(cookie="theme=1; lang=en")
    assert request.replaced_in({"theme": "'1'", "lang": "en", "other": "1", "Theme": "'2'"}) == {
        "theme": "[Filtered]",
        "lang": "[Filtered]",
        "other": "1",
        "Theme": "'2'",
    }


@pytest.mark.parametrize(
    "name", ["cookie", "'Cookie'", "b'authorization'", "HTTP_X_FORWARDED_FOR", "CF-Connecting-IP"]
)
def test_header_pairs_and_keys_are_known_by_name(name: str) -> None:
    nothing = Sensitive(None, addresses=True)
    assert nothing.replaced_in([name, "value"]) == [name, "[Filtered]"]
    assert nothing.replaced_in({name: "value"}) == {name: "[Filtered]"}


def test_addresses_stay_where_they_are_allowed() -> None:
    request = sensitive(("203.0.113.9", 1), False, x_forwarded_for="203.0.113.9", cookie="a=abcdef")
    assert request.replaced_in("203.0.113.9 abcdef") == "203.0.113.9 [Filtered]"


def test_of_thousands_of_cookies_nothing_gets_through() -> None:
    request = sensitive(cookie="; ".join(f"c{number}=value{number:05}" for number in range(6500)))
    assert request.replaced_in({"jar": "anything"}) == {}
    assert request.replaced_in("value00001") == "[Filtered]"
