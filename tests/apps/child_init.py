"""A script that serves nothing: it starts children in the way that WAY names, each of which initialises Sentry."""

import multiprocessing
import os
import subprocess
import sys
from concurrent.futures import ProcessPoolExecutor


def report():
    import sentry_sdk

    sentry_sdk.init(os.environ["OTHER_DSN"], environment="of-the-child")
    sentry_sdk.capture_message(os.environ["WAY"])
    sentry_sdk.flush()


def by_multiprocessing(method):
    child = multiprocessing.get_context(method).Process(target=report)
    child.start()
    child.join()


def by_pool():
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as pool:
        pool.submit(report).result()


WAYS = {
    "spawn": lambda: by_multiprocessing("spawn"),
    "forkserver": lambda: by_multiprocessing("forkserver"),
    "fork": lambda: by_multiprocessing("fork"),
    "pool": by_pool,
    "subprocess": lambda: subprocess.run([sys.executable, "-c", "import child_init; child_init.report()"]),
    "itself": report,
}

if __name__ == "__main__":
    WAYS[os.environ["WAY"]]()
