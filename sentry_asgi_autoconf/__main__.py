"""Run the command line as `python -m sentry_asgi_autoconf`, or, off the path, `python …/sentry_asgi_autoconf`."""

from __future__ import annotations

import sys
from pathlib import Path

if not __package__:
    # Python has put the package's own directory first. What is beside it comes last, as in a process that serves.
    sys.path[:1] = [] if getattr(sys.flags, "safe_path", False) else [str(Path.cwd())]
    sys.path.append(str(Path(__file__).absolute().parents[1]))

from sentry_asgi_autoconf.cli import main

if __name__ == "__main__":
    sys.exit(main())
