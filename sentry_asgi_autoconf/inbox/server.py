"""Put the inbox together and serve it on a socket, here or in a thread."""

from __future__ import annotations

import asyncio
import contextlib
import ipaddress
import threading
from functools import partial
from socket import AF_INET, AF_INET6, IPPROTO_TCP, SOCK_STREAM, TCP_NODELAY, gethostname, socket
from typing import Any, Callable, Collection, Iterator
from urllib.parse import urlsplit

import uvicorn
from starlette.applications import Starlette
from starlette.datastructures import Headers
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from sentry_asgi_autoconf.inbox import api, pages, stream
from sentry_asgi_autoconf.inbox.envelopes import RefusedError
from sentry_asgi_autoconf.inbox.store import Arrivals, Store
from sentry_asgi_autoconf.inbox.terminal import JsonLines, Printer
from sentry_asgi_autoconf.inbox.tolerant import Item

_STOP_POLL_SECONDS = 0.1
# Nobody can register a name below these.
_RESERVED = (".localhost", ".internal")
# What Sentry's SDKs in a browser send and read, and Spotlight's overlay.
_ALLOWED: dict[str, Any] = {
    "allow_methods": ["GET", "POST", "DELETE"],
    "allow_headers": ["*"],
    "expose_headers": ["X-Sentry-Error", "X-Sentry-Rate-Limits", "Retry-After"],
}


def create_app(store: Store, on_item: Callable[[Item], None], *, names: Collection[str] = ()) -> Starlette:
    """Return the ASGI app, which calls `on_item` with each stored item; `names` are host names to answer to."""
    app = Starlette(
        routes=[*api.ROUTES, *stream.ROUTES, *pages.ROUTES],
        exception_handlers={RefusedError: _refuse},
        middleware=[Middleware(OwnNames, names=names)],
    )
    app.state.store, app.state.on_item, app.state.arrivals = store, on_item, Arrivals(store)
    return app


def serve(
    listening: socket,
    *,
    store: Store,
    printer: Printer | JsonLines | None = None,
    stop: Callable[[], bool],
    names: Collection[str] = (),
) -> None:
    """Serve on a bound socket until `stop`, asked ten times a second, is true, or nobody reads the printer's output."""
    # asyncio does this only for sockets made with an explicit protocol; answers would wait 40 ms for an ACK.
    listening.setsockopt(IPPROTO_TCP, TCP_NODELAY, 1)
    reader_gone = threading.Event()

    def show(item: Item) -> None:
        try:
            if printer is not None:
                printer.show(item)
        except BrokenPipeError:
            reader_gone.set()

    app = create_app(store, show, names=names)
    quiet: dict[str, Any] = {"log_config": None, "access_log": False}
    server = _Server(uvicorn.Config(app, lifespan="off", ws="none", timeout_graceful_shutdown=2, **quiet))

    async def watch() -> None:
        while not (reader_gone.is_set() or stop()):
            await asyncio.sleep(_STOP_POLL_SECONDS)
        app.state.arrivals.close()
        server.should_exit = True

    async def run() -> None:
        watcher = asyncio.ensure_future(watch())
        try:
            await server.serve(sockets=[listening])
        finally:
            watcher.cancel()

    asyncio.run(run())


def url_of(listening: socket) -> str:
    """Return the address at which this machine reaches a bound socket, without a trailing slash."""
    host, port = listening.getsockname()[:2]
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def dsn_of(url: str, project: str = "1") -> str:
    """Return the DSN that sends to the inbox at `url`."""
    return f"{url.replace('://', '://inbox@', 1)}/{project}"


class BackgroundInbox:
    """Serve an inbox at `url` in a daemon thread while the context is open; `store` holds what arrived."""

    def __init__(
        self,
        host: str = "127.0.0.1",
        port: int = 0,
        printer: Printer | JsonLines | None = None,
        store: Store | None = None,
    ) -> None:
        """Bind to `host` and `port`, 0 for any free one. Raises OSError when that is not possible."""
        self.store = Store() if store is None else store
        self._socket = socket(AF_INET6 if ":" in host else AF_INET, SOCK_STREAM)
        self._socket.bind((host, port))
        self._socket.listen(128)
        self.url = url_of(self._socket)
        if isinstance(printer, Printer) and not printer.url:
            printer.url = self.url
        self._stopping = threading.Event()
        run = partial(serve, self._socket, store=self.store, printer=printer, stop=self._stopping.is_set)
        self._thread = threading.Thread(target=run, name="sentry-inbox", daemon=True)

    def dsn(self, project: str = "1") -> str:
        """Return the DSN of a project; any project is accepted."""
        return dsn_of(self.url, project)

    def __enter__(self) -> BackgroundInbox:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stopping.set()
        self._thread.join()
        self._socket.close()


class OwnNames:
    """ASGI middleware that refuses requests by another's host name, and by pages of another's, which would read all."""

    def __init__(self, app: Any, names: Collection[str] = ()) -> None:
        self._app = app
        self._names = {name.lower() for name in (*names, gethostname())}

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Hand the request on, or refuse it."""
        headers = Headers(scope=scope)
        host, origin = _name(f"//{headers.get('host', '')}"), headers.get("origin")
        answer = self._app
        # An address is not looked up, so nobody can make it lead elsewhere.
        if not (self._is_own(host) or _address(host)):
            answer = _refusal(421, "requests to this host name")
        elif origin is not None and not self._is_own(_name(origin)) and _name(origin) != host:
            answer = _refusal(403, "pages of this origin")
        elif origin is not None and _is_for_other_pages(scope["path"]):
            answer = CORSMiddleware(self._app, allow_origins=[origin], **_ALLOWED)
        await answer(scope, receive, send)

    def _is_own(self, name: str | None) -> bool:
        """Whether nobody else can have this name; one without a dot is of this network, a container's say."""
        address = _address(name)
        if address is not None:
            return bool(address.is_loopback)
        return name is not None and ("." not in name or name.endswith(_RESERVED) or name in self._names)


class _Server(uvicorn.Server):
    """Leave signals to the caller: uvicorn would end the process with the signal it received."""

    def install_signal_handlers(self) -> None:  # called by uvicorn before 0.29
        pass

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


def _name(url: str) -> str | None:
    """Return the name in a URL, empty in that of a client that says no host; None for what has no place for one."""
    try:
        return (urlsplit(url).hostname or "").rstrip(".") if "//" in url else None
    except ValueError:
        return None


def _address(name: str | None) -> Any:
    try:
        return ipaddress.ip_address(name or "")
    except ValueError:
        return None


def _refusal(status: int, whom: str) -> JSONResponse:
    detail = f"the inbox does not answer {whom}: start it with --allow-host NAME to allow a name"
    return JSONResponse({"detail": detail}, status)


def _is_for_other_pages(path: str) -> bool:
    """Return whether a page of the app that is developed may use a path: to send by, or as Spotlight's overlay does."""
    return path in stream.PATHS or (path.startswith("/api/") and not path.startswith("/api/inbox/"))


async def _refuse(request: Request, error: Any) -> Response:
    return JSONResponse({"detail": error.detail}, status_code=error.status_code)
