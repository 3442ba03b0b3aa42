"""Serve with socketify from a script of one's own: socketify_by_code.py MODULE PORT WORKERS."""

import importlib
import sys

from socketify import ASGI, AppListenOptions

module, port, workers = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
app = importlib.import_module(module).app
server = ASGI(app).listen(
    AppListenOptions(port=port, host="127.0.0.1"),
    lambda config: print(f"http://127.0.0.1:{port}", flush=True),
)
server.run(workers=workers)
