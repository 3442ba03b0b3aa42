"""Serve the app that the command line names, on a port from the operating system."""

import asyncio
import os
import signal
import sys

import acme_server


def main() -> None:
    """Serve until a signal asks for the end, and end by that signal."""
    app = acme_server.load_app(sys.argv[1])
    number = asyncio.run(acme_server.serve(app))
    if number is None:
        sys.exit(3)
    signal.signal(number, signal.SIG_DFL)
    os.kill(os.getpid(), number)


if __name__ == "__main__":
    main()
