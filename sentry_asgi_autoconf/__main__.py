"""Run the command line as `python -m sentry_asgi_autoconf`."""

from __future__ import annotations

import sys

from sentry_asgi_autoconf.cli import main

if __name__ == "__main__":
    sys.exit(main())
