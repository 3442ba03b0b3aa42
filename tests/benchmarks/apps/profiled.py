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
import time

from in_process import pause, run, served

INTERVAL = 0.001  # seconds; the kernel may have no finer clock than 0.004
OWNERS = {
    "sentry_asgi_autoconf": "ours",
    "sentry_sdk": "sdk",
    **dict.fromkeys(("fastapi", "starlette", "pydantic", "pydantic_core", "anyio"), "framework"),
    **dict.fromkeys(("asyncio", "uvicorn", "in_process", "__main__", "plain", "fastapi_app"), "rest"),
}

owners = collections.Counter()
functions = collections.Counter()


def sample(number, frame):
    if frame.f_code in (pause.__code__, sample.__code__):
        return  # this thread waits, and the time is another's; or it is the profiler's own
    while frame is not None:
        module = frame.f_globals.get("__name__", "")
        owner = OWNERS.get(module.partition(".")[0])
        if owner:
            owners[owner] += 1
            name = getattr(frame.f_code, "co_qualname", frame.f_code.co_name)
            functions[owner, f"{module}.{name}"] += 1
            return
        frame = frame.f_back
    owners["rest"] += 1


async def main(import_string, path, seconds, at_once):
    app = served(import_string)
    await run(app, path, 200, at_once)
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
        "owners": owners,
        "functions": [[owner, name, count] for (owner, name), count in functions.most_common(10)],
    }
    print(json.dumps(found))


asyncio.run(main(sys.argv[1], sys.argv[2], float(sys.argv[3]), int(sys.argv[4])))
