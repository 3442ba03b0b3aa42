"""Serve one app in two loops of one process: two_loops.py PORT PORT."""

import sys
import threading

import uvicorn
from tasks_app import app

for port in sys.argv[1:]:
    server = uvicorn.Server(uvicorn.Config(app, port=int(port)))
    threading.Thread(target=server.run).start()
