"""Wrap an app once, however often its host makes a handler of it: some hosts do so for each request."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from sentry_asgi_autoconf import console
from sentry_asgi_autoconf.exceptions import AdapterError

if TYPE_CHECKING:
    from sentry_asgi_autoconf.serving import Server

# Apps that are made anew for each request are not kept for ever.
_MOST_APPS = 32


class WrappedApps:
    """The apps that one server serves in this process."""

    def __init__(self, server: Server) -> None:
        """Begin with none."""
        self._server = server
        self._pid = 0
        self._wrapped: dict[int, tuple[Any, Any]] = {}
        self._lacks_seam = False

    def put(self, holder: Any, attribute: str) -> None:
        """Put the wrapped app where `holder` keeps its app; the same one again for the same app."""
        app = getattr(holder, attribute, None)
        if app is None:
            self._say_once_that_it_has_moved(holder, attribute)
            return
        if self._pid != os.getpid() or len(self._wrapped) > _MOST_APPS:
            # A forked child decides anew.
            self._pid, self._wrapped = os.getpid(), {}
        known = self._wrapped.get(id(app))
        if known is None:
            self._server.wrap_attribute(holder, attribute)
            known = app, getattr(holder, attribute)
            self._wrapped[id(app)] = self._wrapped[id(known[1])] = known
        else:
            setattr(holder, attribute, known[1])

    def _say_once_that_it_has_moved(self, holder: Any, attribute: str) -> None:
        if self._lacks_seam:
            return
        self._lacks_seam = True
        try:
            self._server.need(type(holder), attribute)
        except AdapterError as error:
            console.say("warning", error)
