"""Remember the scope of the request that this context serves."""

from __future__ import annotations

from contextvars import ContextVar
from typing import Any, Dict, Optional

_scope: ContextVar[Optional[Dict[str, Any]]] = ContextVar("sentry_asgi_autoconf_scope", default=None)

remember = _scope.set
recall = _scope.get
