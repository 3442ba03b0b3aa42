"""Under `run --inbox`, send what any client of this process captures to the inbox, whatever destination it names."""

from __future__ import annotations

import functools
import os
from typing import Any, Iterator, Mapping
from urllib.parse import urlsplit

from sentry_asgi_autoconf import client_calls, console, import_hook
from sentry_asgi_autoconf.console import printable
from sentry_asgi_autoconf.exceptions import RedirectedError, UnexpectedError

# The inbox's DSN, from `run --inbox` to the bootstrap of the processes that it starts; nobody's setting.
VARIABLE = "_SENTRY_ASGI_INBOX"
# A proxy would look for the inbox on its own machine.
_NO_OTHER_WAY = {"spotlight": False, "transport": None, "http_proxy": "", "https_proxy": ""}
_OFF = ("", "0", "f", "false", "n", "no", "off")  # as the SDK reads SENTRY_SPOTLIGHT

_told: set[str] = set()


def begin(client_class: Any) -> None:
    """Redirect the clients of this class from now on: all ways lead through it, those of unserved apps too."""
    from sentry_sdk.consts import DEFAULT_OPTIONS

    original, inbox = client_class.__init__, os.environ[VARIABLE]

    @functools.wraps(original)
    def construct(self: Any, *args: Any, **kwargs: Any) -> None:
        elsewhere = list(places({**_of_environment(os.environ), **_arguments(args, kwargs)}, inbox))
        import_hook.guarded(lambda: _tell(elsewhere, client_calls.of(self)), _unexpected)
        # A DSN by name goes before one by position. Whoever names no place, sends nothing.
        changed = {**_NO_OTHER_WAY, **({"dsn": inbox} if elsewhere else {})}
        known = {name: value for name, value in changed.items() if name in DEFAULT_OPTIONS}
        original(self, *args, **{**kwargs, **known})

    client_class.__init__ = construct


def tell_of(environ: Mapping[str, str], inbox: str) -> None:
    """Say which variables the inbox takes the place of."""
    for place in places(_of_environment(environ), inbox):
        _say(f"the environment names {place}")


def places(named: Mapping[str, Any], inbox: str) -> Iterator[str]:
    """Return words, without secrets, for each place but the inbox that these arguments would have telemetry sent to."""
    dsn, spotlight = named.get("dsn"), named.get("spotlight")
    if dsn and dsn != inbox:
        yield f"the DSN of {_host(dsn)}"
    if spotlight and str(spotlight).strip().lower() not in _OFF:
        yield f"Spotlight at {_host(spotlight)}" if "://" in str(spotlight) else "Spotlight"
    transport = named.get("transport")
    if transport is not None and not getattr(transport, "is_usual", False):
        yield "a transport of its own"


def _of_environment(environ: Mapping[str, str]) -> dict[str, str]:
    return {name: environ.get(f"SENTRY_{name.upper()}", "") for name in ("dsn", "spotlight")}


def _arguments(args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> dict[str, Any]:
    """Return the arguments as the SDK reads them: None is as good as nothing; none where it would refuse them."""
    try:
        given = [{"dsn": each} if isinstance(each, (bytes, str)) else dict(each or ()) for each in args]
    except (TypeError, ValueError):
        return {}
    return {name: each[name] for each in (*given, kwargs) for name in each if each[name] is not None}


def _host(url: object) -> str:
    try:
        text = url.decode("utf-8", "replace") if isinstance(url, bytes) else str(url)
        return printable(urlsplit(text.strip()).hostname or "no host")
    except ValueError:
        return "no host"


def _tell(elsewhere: list[str], call: client_calls.Call | None) -> None:
    new = [place for place in elsewhere if place not in _told]
    _told.update(new)
    if new:
        namer = f"sentry_sdk.init at {printable(str(call), 200)} names" if call else "the settings name"
        _say(f"{namer} {' and '.join(new)}")


def _say(what: str) -> None:
    told = f"{what}: everything for that destination goes to the inbox"
    console.say("warning", RedirectedError(told, remedy="Without --inbox it goes there."))


def _unexpected(error: Exception) -> Exception:
    return UnexpectedError(f"{type(error).__name__}: {error}: everything goes to the inbox nevertheless")
