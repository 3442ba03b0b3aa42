"""An app that its author gave to `wrap`."""

from raw3 import app as unwrapped

from sentry_asgi_autoconf import wrap

app = wrap(unwrapped)
