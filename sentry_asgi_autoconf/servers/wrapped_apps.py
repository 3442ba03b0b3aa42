"""Wrap an app once, however often its host makes a handler of it, and in however many threads at the same moment."""

from __future__ import annotations

import os
from typing import Any, Generator

from sentry_asgi_autoconf import console
from sentry_asgi_autoconf.exceptions import AdapterError
from sentry_asgi_autoconf.runtime import process_lock
from sentry_asgi_autoconf.servers.patching import Call
from sentry_asgi_autoconf.servers.server import Server

# Apps that are made anew for each request are not kept for ever.
_MOST_APPS = 32


class WrappedApps:
    """The apps that one server serves in this process."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._pid = 0
        self._wrapped: dict[int, tuple[Any, Any]] = {}
        self._lacks_seam = False

    def wrapped(self, app: Any) -> Any:
        """Return what to serve in place of `app`; the same again for the same app, or for what was returned."""
        with process_lock():
            if self._pid != os.getpid() or len(self._wrapped) > _MOST_APPS:
                # A forked child decides anew.
                self._pid, self._wrapped = os.getpid(), {}
            known = self._wrapped.get(id(app))
            if known is None:
                known = app, self._server.wrap(app)
                self._wrapped[id(app)] = self._wrapped[id(known[1])] = known
            return known[1]

    def put(self, holder: Any, attribute: str) -> None:
        """Put the wrapped app where `holder` keeps its app; say once if it does not keep one there."""
        app = getattr(holder, attribute, None)
        if app is not None:
            wrapped = self.wrapped(app)
            if wrapped is not app:
                setattr(holder, attribute, wrapped)
        elif not self._lacks_seam:
            self._lacks_seam = True
            try:
                self._server.require(type(holder), attribute)
            except AdapterError as error:
                console.say("warning", error)

    def serve(self, call: Call) -> Generator[None, Any, None]:
        """Put the wrapped app into a handler as it is called, and flush after the call: its process may be frozen."""
        self.put(call.instance, "app")
        try:
            yield
        finally:
            self._server.flush()
