"""An app that leaves the work of each request to another process, thread or task, which raises for odd numbers."""

import asyncio
import multiprocessing
import os
import subprocess
import sys
import threading
from concurrent.futures import ProcessPoolExecutor

import anyio
import numbered
from gevent.pool import Pool


def work(number):
    if int(number) % 2:
        raise ValueError(f"number {number}")
    return number


def outcome(number):
    try:
        return work(number)
    except ValueError as error:
        return error


def settled(found):
    if isinstance(found, Exception):
        raise found
    return found


def by_fork(number):
    child = os.fork()
    if child == 0:
        os._exit(7)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 7
    return work(number)


def send_outcome(connection, number):
    connection.send(outcome(number))
    connection.close()


def by_process(method, number):
    context = multiprocessing.get_context(method)
    receiver, sender = context.Pipe(duplex=False)
    process = context.Process(target=send_outcome, args=(sender, number))
    process.start()
    sender.close()
    found = receiver.recv()
    process.join()
    return settled(found)


def by_pool(method, number):
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context(method)) as pool:
        return pool.submit(work, number).result()


def by_subprocess(number):
    printed = subprocess.run(
        [sys.executable, "-c", f"print({number})"], stdout=subprocess.PIPE, text=True, check=True
    )
    return work(printed.stdout.strip())


def by_thread(number):
    found = []
    thread = threading.Thread(target=lambda: found.append(outcome(number)))
    thread.start()
    thread.join()
    return settled(found[0])


def by_thread_alone(number):
    """Answer as if all were well, where the thread raises."""
    thread = threading.Thread(target=work, args=(number,))
    thread.start()
    thread.join()
    return number


def by_greenlet(number):
    """Leave it to gevent, in a loop of this thread's own."""
    return settled(Pool(1).spawn(outcome, number).get())


async def in_loop(number):
    """Fork while the event loop of the request runs."""
    await anyio.lowlevel.checkpoint()
    return by_fork(number)


async def by_exec(number):
    command = [sys.executable, "-c", f"print({number})"]
    process = await asyncio.create_subprocess_exec(*command, stdout=subprocess.PIPE)
    printed, _ = await process.communicate()
    return work(printed.decode().strip())


async def by_task(number):
    async def worked():
        await asyncio.sleep(0)
        return work(number)

    return await asyncio.create_task(worked())


async def by_to_thread(number):
    return await asyncio.to_thread(work, number)


async def by_anyio(number):
    found = []

    async def worked():
        await anyio.lowlevel.checkpoint()
        found.append(outcome(number))

    async with anyio.create_task_group() as group:
        group.start_soon(worked)
    return settled(found[0])


async def by_anyio_process(number):
    done = await anyio.run_process([sys.executable, "-c", f"print({number})"])
    return work(done.stdout.decode().strip())


BLOCKING = {
    "fork": by_fork,
    "thread": by_thread,
    "alone": by_thread_alone,
    "greenlet": by_greenlet,
    "subprocess": by_subprocess,
    "fork-process": lambda number: by_process("fork", number),
    "spawn-process": lambda number: by_process("spawn", number),
    "forkserver-process": lambda number: by_process("forkserver", number),
    "fork-pool": lambda number: by_pool("fork", number),
    "spawn-pool": lambda number: by_pool("spawn", number),
}
WAITING = {
    "loop-fork": in_loop,
    "exec": by_exec,
    "task": by_task,
    "to-thread": by_to_thread,
    "anyio": by_anyio,
    "anyio-process": by_anyio_process,
}


async def app(scope, receive, send):
    if scope["type"] == "lifespan":
        await numbered.lifespan(receive, send)
        return
    kind, number = scope["path"].strip("/").split("/")
    numbered.logger.info("number %s", number)
    if kind in WAITING:
        found = await WAITING[kind](number)
    else:
        found = await anyio.to_thread.run_sync(BLOCKING[kind], number)
    await numbered.respond(send, 200, found.encode())
