"""Remember the scope of the request that this context serves."""

from __future__ import annotations

from contextvars import ContextVar
from typing import Any

_scope: ContextVar[dict[str, Any] | None] = ContextVar("sentry_asgi_autoconf_scope", default=None)

remember = _scope.set
recall = _scope.get
