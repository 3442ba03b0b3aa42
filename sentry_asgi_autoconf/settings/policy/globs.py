"""Tell of the globs of a limit those that match nothing, so that nobody relies on one."""

from __future__ import annotations

import fnmatch
import re

from sentry_asgi_autoconf.shown_values import shown

_CLASS = re.compile(r"\[(!?\]?[^\]]*)\]")
_IPV6 = re.compile(r"(?=(?:.*:){2})[0-9a-f:.*?]+\Z")
# What ends a host in a URL, and what no host has.
_NO_HOST = re.compile(r"[:/@\s]")
_PORT = re.compile(r":[\d*?]+\Z")


def why_never(glob: str, *, of_host: bool) -> str | None:
    """Say why no text can match, if so; with `of_host`, no host of a URL."""
    if not glob.strip():
        return f"{shown(glob)} matches nothing, as it is blank"
    if not _compiles(glob):
        return f"{shown(glob)} matches nothing: its brackets leave no character"
    if of_host and not _may_be_host(glob):
        written = "in lower case, without scheme, port and brackets"
        return f"{shown(glob)} matches no host, which alone is compared: {written}, such as {shown(_host_in(glob))}"
    if "://" in glob:
        return f"{shown(glob)} matches nothing: of a URL the host alone is compared"
    return None


def _compiles(glob: str) -> bool:
    try:
        pattern = fnmatch.translate(glob)
        re.compile(pattern)
    except re.error:
        return False
    return "(?!)" not in pattern


def _may_be_host(glob: str) -> bool:
    if any(":" in characters for characters in _CLASS.findall(glob)):
        return False
    rest = _CLASS.sub("?", glob)
    return bool(_IPV6.match(rest)) or (rest == rest.lower() and not _NO_HOST.search(rest))


def _host_in(glob: str) -> str:
    host = glob.strip().rpartition("://")[2].partition("/")[0].rpartition("@")[2]
    return _PORT.sub("", host).strip("[]").lower() or "*.example.com"
