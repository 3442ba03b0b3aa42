"""An app that has gevent replace threads where the server, its event loop and the SDK have theirs already."""

from gevent import monkey

monkey.patch_all()

from raw3 import app  # noqa: E402, F401
