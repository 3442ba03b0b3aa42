"""Know a credential by its name, in headers, parameters, keys and text alike."""

from __future__ import annotations

import functools
import re
from typing import Iterable, Pattern
from urllib.parse import unquote_plus

from sentry_sdk.scrubber import DEFAULT_DENYLIST

FILTERED = "[Filtered]"
ADDRESS_HEADERS = frozenset(
    (
        *("cf-connecting-ip", "fastly-client-ip", "fly-client-ip", "forwarded", "remote-addr"),
        *("true-client-ip", "x-client-ip", "x-cluster-client-ip", "x-envoy-external-address"),
        *("x-forwarded-for", "x-original-forwarded-for", "x-real-ip"),
        "sourceip",  # no header: where API Gateway's events have the client's
    )
)
# What names a credential where it is part of a name, its end, or its last word: that of a header, a parameter, a key or
# a field alike, in lower case with hyphens. `max_tokens` and `sec-websocket-key` name none.
CREDENTIAL_PARTS = (
    *("passwd", "password", "passphrase", "secret", "credential", "bearer", "csrf", "xsrf", "jwt", "oidc"),
    *("apikey", "api-key", "accesskey", "access-key", "accountkey", "account-key", "authkey", "auth-key"),
    *("functions-key", "privatekey", "private-key", "sharedkey", "shared-key", "subscription-key"),
)
CREDENTIAL_ENDS = ("authorization", "cookie", "sessionid", "session-id", "signature", "token")
CREDENTIAL_WORDS = ("auth", "otp", "pass", "pwd", "sid", "sig")
_CREDENTIAL = re.compile(
    rf"{'|'.join(CREDENTIAL_PARTS)}|(?:{'|'.join(CREDENTIAL_ENDS)}|(?<![a-z])(?:{'|'.join(CREDENTIAL_WORDS)}))[\W\d]*$"
)
# In text: token=…, {'token': …}, and ?token%3D… within a URL within a URL; a name is read back from there.
_ASSIGNMENT = re.compile(r"[=:%](?:(?<==)|(?<=['\"]:)\s?|(?<=%)3[Dd])")
_NAME_BACKWARDS = re.compile(r"['\"]?\\?((?:[Dd]5%)?[\w.\[\]-]+)(%?)")
_LONGEST_NAME = 100
# What is no value, or is one's placeholder in SQL, stays; quotes stay around what is replaced.
_VALUE = re.compile(
    r"(?!(?:None|null|[Tt]rue|[Ff]alse|%s|%\(\w+\)s|\?|\$\d+)(?![^\s,)\]}&'\"])|(?:\[|%5B)Filtered(?:]|%5D))"
    r"(?:[\w.]*\(?(?P<quote>\\?['\"])(?P<quoted>(?:(?!(?P=quote))(?:\\.|.))+)|(?P<bare>[^&#\s\"'<>]+))",
    re.DOTALL,
)
VALUE_IN_URL = re.compile(r"(?!(?:\[|%5B)Filtered(?:]|%5D))(?P<bare>[^&#]+)")
_PASSWORD_IN_URL = re.compile(r"(://[^\s/?#@:'\"]*:)[^\s/?#@'\"]+(?=@)")
# What a local's repr says of a header's name: b'cookie' → cookie
_BARE = re.compile(r"^b?['\"](.*)['\"]$")


@functools.lru_cache(maxsize=1024)
def bare(name: str) -> str:
    """Return a name as all of its ways of writing have it: `HTTP_X_API_KEY`, `b'X-Api-Key'`."""
    plain = _BARE.sub(r"\1", name).lower().replace("_", "-")
    return plain[5:] if plain.startswith("http-") else plain


# Those that the SDK's scrubber filters at the top of a frame's variables; of addresses, init's options decide.
_DENIED = frozenset(map(bare, DEFAULT_DENYLIST)) - ADDRESS_HEADERS


# Those that a setting adds.
_added: set[str] = set()


def add(names: Iterable[str]) -> None:
    """Take these names, too, for those of credentials."""
    _added.update(map(bare, names))
    is_credential.cache_clear()


def keep_added(names: Iterable[str]) -> None:
    """Take no others of those that were added than these for names of credentials any more."""
    _added.intersection_update(map(bare, names))
    is_credential.cache_clear()


@functools.lru_cache(maxsize=1024)
def is_credential(name: str) -> bool:
    """Whether a bare name is that of a credential."""
    return name in _DENIED or name in _added or _CREDENTIAL.search(name) is not None


def is_parameter(name: str) -> bool:
    """Whether a name, as it stands in a query or in text, is that of a credential."""
    return bool(name) and is_credential(bare(unquote_plus(name) if "%" in name else name))


def in_assignments(text: str, values: Pattern[str] = _VALUE) -> str:
    """Replace values that stand behind a credential's name, as in URLs and in what repr says of an object."""
    pieces, end = [], 0
    for found in _ASSIGNMENT.finditer(text):
        start, stop = found.span()
        if start >= end and is_parameter(_name_before(text, start)):
            value = values.match(text, stop)
            if value:
                start, stop = value.span(value.lastgroup or 0)
                pieces += [text[end:start], FILTERED]
                end = stop
    if pieces:
        text = "".join([*pieces, text[end:]])
    return _PASSWORD_IN_URL.sub(rf"\1{FILTERED}", text) if "://" in text else text


def _name_before(text: str, end: int) -> str:
    found = _NAME_BACKWARDS.match(text[max(end - _LONGEST_NAME, 0) : end][::-1])
    # ?token in a URL within a URL is %3Ftoken
    return (found[1][:-2] if found[2] else found[1])[::-1] if found else ""
