"""What a request brought along is replaced, and nothing else."""

from __future__ import annotations

from typing import Any, Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sentry_asgi_autoconf.serving import credentials as names
from sentry_asgi_autoconf.serving.sensitive import Sensitive
from tests.harness.server import ROOT

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


@pytest.mark.parametrize(
    "write", [str, lambda key: repr(key)[1:-1], lambda key: repr(key.encode("latin-1"))[2:-1]]
)
def test_a_value_is_found_in_each_way_in_which_it_is_written(write: Callable[[str], str]) -> None:
    key = "\xe9\x7fabcdef'g"
    request = Sensitive({"headers": [(b"x-api-key", key.encode("latin-1"))]}, addresses=True)
    assert request.replaced_in(f"here: {write(key)}.") == "here: [Filtered]."


def test_a_value_that_was_cut_is_found() -> None:
    request = sensitive(authorization="Bearer abcdefghijklmnop")
    assert request.replaced_in("the token is abcdefgh...") == "the token is [Filtered]"
    assert request.replaced_in("abcdefgh...") == "[Filtered]"
    assert request.replaced_in("the token is abcdefghijklmnopq...") == "the token is abcdefghijklmnopq..."
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


CREDENTIALS = sorted(
    {
        *names.CREDENTIAL_PARTS,
        *names.CREDENTIAL_ENDS,
        *names.CREDENTIAL_WORDS,
        *names._DENIED,
        *(f"x-{part}-of-app" for part in names.CREDENTIAL_PARTS),
        *(f"my_{end}2" for end in (*names.CREDENTIAL_ENDS, *names.CREDENTIAL_WORDS)),
        *("X-Auth-Token", "X-CSRFToken", "X-Amz-Security-Token", "accessToken", "user[password]"),
    }
)


@pytest.mark.parametrize("name", CREDENTIALS)
def test_each_name_of_a_credential_is_known_wherever_it_stands(name: str) -> None:
    nothing = Sensitive(None, addresses=False)
    assert nothing.replaced_in([name, "value"]) == [name, "[Filtered]"]
    assert nothing.replaced_in({name: "'value'"}) == {name: "[Filtered]"}
    assert nothing.replaced_in({name: 1234}) == {name: "[Filtered]"}
    assert nothing.replaced_in_headers({name: "value"}) == {name: "[Filtered]"}
    for text in (
        "GET /x?a=1&{}=[Filtered]&b=2",
        "next=%2Fx%3F{}%3D[Filtered]",
        "Login(user='a', {}='[Filtered]', b=2)",
        "{{'user': 'a', '{}': '[Filtered]'}}",
        'b\'{{"user":"a","{}":"[Filtered]"}}\'',
        "'{{\\'{}\\': \\'[Filtered]\\'}}'",
    ):
        whole = text.format(name)
        assert nothing.replaced_in(whole.replace("[Filtered]", "value")) == whole
        assert nothing.replaced_in(whole) == whole


def test_the_documentation_lists_them() -> None:
    documented = (ROOT / "docs" / "how-it-works.md").read_text().replace("-", "")
    named = (*names.CREDENTIAL_PARTS, *names.CREDENTIAL_ENDS, *names.CREDENTIAL_WORDS)
    assert [name for name in named if f"`{name.replace('-', '')}`" not in documented] == []


@pytest.mark.parametrize("name", sorted(names.ADDRESS_HEADERS))
def test_each_header_of_an_address_is_known_where_addresses_must_not_leave(name: str) -> None:
    scope = {"headers": [(name.encode(), b"203.0.113.9")]}
    for addresses, kept in ((True, "[Filtered]"), (False, "203.0.113.9")):
        request = Sensitive(scope, addresses=addresses)
        assert request.replaced_in(["at", "203.0.113.9", "!"]) == ["at", kept, "!"]
        assert request.replaced_in_headers({name: "203.0.113.9"}) == {name: kept}


@pytest.mark.parametrize(
    "text",
    [
        "max_tokens=5, tokens=['a']",
        "Invalid token: expected one of a, b",
        "Login(user='a', password=None, token='', session=<a.Session object>)",
        "SELECT 1 FROM t WHERE token = %s AND token=%(token_1)s AND token=? AND token=$1",
        "design=x&author=y&keys=z&sides=4&compass=n",
        "https://host:8000/x?page=2",
        "sec-websocket-key=abc",
    ],
)
def test_what_is_no_credential_stays(text: str) -> None:
    assert Sensitive(None, addresses=True).replaced_in({"a": text, "max_tokens": 5}) == {
        "a": text,
        "max_tokens": 5,
    }


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("password=SecretStr('it\\'s') more", "password=SecretStr('[Filtered]') more"),
        ('password=b"it\'s", a=1', 'password=b"[Filtered]", a=1'),
        ("next=/x?token=abc&b=2", "next=/x?token=[Filtered]&b=2"),
        ("pin: token=1234, b", "pin: token=[Filtered] b"),
        ("password='cut o...", "password='[Filtered]"),
        ("postgres://somebody:passw0rd@host/db", "postgres://somebody:[Filtered]@host/db"),
    ],
)
def test_a_value_is_replaced_up_to_its_end(text: str, expected: str) -> None:
    assert Sensitive(None, addresses=True).replaced_in(text) == expected


def test_a_url_of_the_request_loses_the_whole_value() -> None:
    request = Sensitive(None, addresses=True)
    assert request.replaced_in_url("a=1&token=it's,(b)<c> d&e=2#f") == "a=1&token=[Filtered]&e=2#f"
    for token in ("abc", "it's,(b)", "None"):
        found = request.replaced_in_headers(
            {"Referer": f"https://host/x?token={token}&a=1", "Host": "host:80"}
        )
        assert found == {"Referer": "https://host/x?token=[Filtered]&a=1", "Host": "host:80"}


def test_a_credential_of_the_query_is_known_by_its_value() -> None:
    request = Sensitive({"query_string": b"page=2&api%5Fkey=abc%20def&token=12"}, addresses=True)
    expected = {"decoded": "'[Filtered]'", "raw": "[Filtered]", "page": "2", "short": "12"}
    assert (
        request.replaced_in({"decoded": "'abc def'", "raw": "abc%20def", "page": "2", "short": "12"})
        == expected
    )


@pytest.mark.parametrize(
    "unit", ["=", "token", "a:", "'a':", "://a:", "token='", "\\", "%3D", "x" * 50 + "=", "password=("]
)
def test_long_text_is_redacted_in_time_that_grows_no_faster(unit: str) -> None:
    # What takes longer than in proportion would take minutes for it, and the test would not end.
    Sensitive(None, addresses=True).replaced_in(unit * (1_000_000 // len(unit)))


def test_addresses_stay_where_they_are_allowed() -> None:
    request = sensitive(("203.0.113.9", 1), False, x_forwarded_for="203.0.113.9", cookie="a=abcdef")
    assert request.replaced_in("203.0.113.9 abcdef") == "203.0.113.9 [Filtered]"


def test_of_thousands_of_cookies_nothing_gets_through() -> None:
    request = sensitive(cookie="; ".join(f"c{number}=value{number:05}" for number in range(6500)))
    assert request.replaced_in({"jar": "anything"}) == {}
    assert request.replaced_in("value00001") == "[Filtered]"
