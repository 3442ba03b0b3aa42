"""Call the app that a server would serve in a loop, and print who spends its CPU time, and in which functions.

A timer of CPU time interrupts the thread that serves. Each sample is whose the innermost frame is that is anybody's:
what the standard library does for the SDK is the SDK's. What other threads spend is measured, not sampled.

Arguments: the app's import string, the path to request, CPU seconds to run for, and how many requests at once.
"""

import asyncio
import collections
import json
import signal
import sys
import threading
import time

from in_process import pause, run, served

INTERVAL = 0.001  # seconds; the kernel may have no finer clock than 0.004
OWNERS = {
    "sentry_asgi_autoconf": "ours",
    "sentry_sdk": "sdk",
    **dict.fromkeys(("fastapi", "starlette", "pydantic", "pydantic_core", "anyio"), "framework"),
    **dict.fromkeys(("asyncio", "uvicorn", "in_process", "__main__", "plain", "fastapi_app"), "rest"),
}
SENDERS = {**OWNERS, "urllib3": "urllib3"}

owners = collections.Counter()
functions = collections.Counter()
functions_of_others = collections.Counter()
clocks = {}


def sample(number, frame):
    sample_others()
    if frame.f_code not in (pause.__code__, sample.__code__):
        found = innermost(frame, OWNERS) or ("rest", "")
        owners[found[0]] += 1
        functions[found] += 1


def sample_others():
    """Give the functions that other threads are in what these have spent since the last time: most have only waited."""
    for thread, frame in sys._current_frames().items():
        if thread != threading.get_ident():
            spent = time.clock_gettime(time.pthread_getcpuclockid(thread))
            found = innermost(frame, SENDERS) or ("rest", "")
            functions_of_others[found] += spent - clocks.get(thread, spent)
            clocks[thread] = spent


def innermost(frame, of):
    """Return whose the innermost frame is that is anybody's, and its function."""
    while frame is not None:
        module = frame.f_globals.get("__name__", "")
        owner = of.get(module.partition(".")[0])
        if owner:
            return owner, f"{module}.{getattr(frame.f_code, 'co_qualname', frame.f_code.co_name)}"
        frame = frame.f_back
    return None


def most_common(counter, count):
    """Return the shares of those that have the most."""
    total = sum(counter.values())
    return [[owner, name, found / total] for (owner, name), found in counter.most_common(count)]


async def main(import_string, path, seconds, at_once):
    app = served(import_string)
    await run(app, path, 200, at_once)
    sys.setswitchinterval(0.0005)  # a sample of another thread comes soon enough to find it where it was
    signal.signal(signal.SIGPROF, sample)
    signal.setitimer(signal.ITIMER_PROF, INTERVAL, INTERVAL)
    start, of_thread, requests = time.process_time(), time.thread_time(), 0
    while time.process_time() - start < seconds:
        await run(app, path, 50, at_once)
        requests += 50
    signal.setitimer(signal.ITIMER_PROF, 0)
    spent, of_thread = time.process_time() - start, time.thread_time() - of_thread
    found = {
        "µs": spent / requests * 1e6,
        "threads": max(0.0, 1 - of_thread / spent),
        "owners": {owner: count / sum(owners.values()) for owner, count in owners.items()},
        "functions": most_common(functions, 10),
        "functions of threads": most_common(functions_of_others, 5) if at_once else [],
    }
    print(json.dumps(found))


asyncio.run(main(sys.argv[1], sys.argv[2], float(sys.argv[3]), int(sys.argv[4])))
