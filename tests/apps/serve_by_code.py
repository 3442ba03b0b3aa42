"""Serve from a script of one's own: serve_by_code.py WAY MODULE:ATTRIBUTE PORT."""

import asyncio
import importlib
import multiprocessing
import sys


def load(app):
    module, _, attribute = app.partition(":")
    return getattr(importlib.import_module(module), attribute)


def uvicorn_run_object(app, port):
    import uvicorn

    uvicorn.run(load(app), port=port)


def uvicorn_run_string(app, port):
    import uvicorn

    uvicorn.run(app, port=port)


def uvicorn_run_workers(app, port):
    import uvicorn

    uvicorn.run(app, port=port, workers=2)


def uvicorn_server(app, port):
    import uvicorn

    asyncio.run(uvicorn.Server(uvicorn.Config(load(app), port=port)).serve())


def hypercorn_asyncio_serve(app, port):
    from hypercorn.asyncio import serve
    from hypercorn.config import Config

    config = Config()
    config.bind = [f"127.0.0.1:{port}"]
    asyncio.run(serve(load(app), config))


def hypercorn_trio_serve(app, port):
    import trio
    from hypercorn.config import Config
    from hypercorn.trio import serve

    config = Config()
    config.bind = [f"127.0.0.1:{port}"]
    trio.run(serve, load(app), config)


def hypercorn_run(app, port):
    from hypercorn.config import Config
    from hypercorn.run import run

    config = Config()
    config.bind = [f"127.0.0.1:{port}"]
    config.application_path = app
    sys.exit(run(config))


def anycorn_serve(app, port, **options):
    import anycorn
    import anyio

    config = anycorn.Config()
    config.bind = [f"127.0.0.1:{port}"]
    anyio.run(anycorn.serve, load(app), config, **options)


def anycorn_asyncio_serve(app, port):
    anycorn_serve(app, port)


def anycorn_trio_serve(app, port):
    anycorn_serve(app, port, backend="trio")


def anycorn_run(app, port):
    from anycorn.config import Config
    from anycorn.run import run

    config = Config()
    config.bind = [f"127.0.0.1:{port}"]
    config.application_path = app
    sys.exit(run(config))


def daphne_server(app, port):
    from daphne.server import Server

    Server(load(app), endpoints=[f"tcp:port={port}:interface=127.0.0.1"]).run()


def granian_string(app, port):
    from granian import Granian

    Granian(app, port=port, interface="asgi").serve()


def granian_spawned(app, port):
    from granian import Granian

    multiprocessing.set_start_method("spawn")
    Granian(app, port=port, interface="asgi", workers=2).serve()


def granian_forkserver(app, port):
    from granian import Granian

    multiprocessing.set_start_method("forkserver")
    Granian(app, port=port, interface="asgi").serve()


def granian_embedded(app, port):
    from granian.constants import Interfaces
    from granian.server.embed import Server

    asyncio.run(Server(load(app), port=port, interface=Interfaces.ASGI).serve())


def gunicorn_application(app, port):
    from gunicorn.app.base import BaseApplication

    class Application(BaseApplication):
        def load_config(self):
            self.cfg.set("bind", f"127.0.0.1:{port}")
            self.cfg.set("worker_class", "asgi")

        def load(self):
            return load(app)

    Application().run()


def gunicorn_application_of_object(app, port):
    from gunicorn.app.base import BaseApplication

    loaded = load(app)

    class Application(BaseApplication):
        def load_config(self):
            self.cfg.set("bind", f"127.0.0.1:{port}")
            self.cfg.set("worker_class", "asgi")

        def load(self):
            return loaded

    Application().run()


def own_processes(method, app, port):
    import os
    import signal
    import socket

    listener = socket.create_server(("127.0.0.1", port))
    context = multiprocessing.get_context(method)
    # multiprocessing passes sockets on to processes that do not inherit them.
    processes = [context.Process(target=serve_shared, args=(app, listener)) for _ in range(2)]
    for process in processes:
        process.start()

    def stop(number, frame):
        for process in processes:
            os.kill(process.pid, number)

    signal.signal(signal.SIGTERM, stop)
    for process in processes:
        process.join()


def serve_shared(app, listener):
    import uvicorn

    config = uvicorn.Config(app)
    uvicorn.Server(config).run(sockets=[listener])


if __name__ == "__main__":
    way, app, port = sys.argv[1:]
    if way.startswith("own_processes_"):
        own_processes(way.rpartition("_")[2], app, int(port))
    else:
        globals()[way](app, int(port))
