"""Serve in threads, as granian does on a free-threaded Python: granian_threads.py TARGET PORT WORKERS INTERFACE."""

import sys

from granian.server import MTServer

target, port, workers, interface = sys.argv[1:]
factory = target.endswith(":create_app")
# The server is for builds without a GIL alone; nothing else of it is.
MTServer._check_gil = lambda self: None
MTServer(target, port=int(port), workers=int(workers), interface=interface, factory=factory).serve()
