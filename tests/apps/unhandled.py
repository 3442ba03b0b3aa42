"""An app with work that nobody waits for, and that fails: /start/KIND starts it, /settle returns once it has ended."""

import asyncio
import concurrent.futures
import gc
import threading

import anyio
from fastapi import BackgroundTasks, FastAPI
from starlette.background import BackgroundTask
from starlette.responses import PlainTextResponse

app = FastAPI()
kept = []
ended = threading.Event()
pool = concurrent.futures.ThreadPoolExecutor(1)


def fail():
    try:
        raise RuntimeError("unhandled")
    finally:
        ended.set()


async def fail_later():
    await asyncio.sleep(0)
    fail()


@app.get("/start/dropped-task")
async def dropped_task():
    asyncio.create_task(fail_later())  # noqa: RUF006 (on purpose)


@app.get("/start/kept-task")
async def kept_task():
    kept.append(asyncio.create_task(fail_later()))


@app.get("/start/cyclic-task")
async def cyclic_task():
    task = asyncio.create_task(fail_later())
    cycle = [task]
    cycle.append(cycle)


@app.get("/start/awaited-task")
async def awaited_task():
    await asyncio.create_task(fail_later())


@app.get("/start/retrieved-task")
async def retrieved_task():
    task = asyncio.create_task(fail_later())
    task.add_done_callback(lambda task: task.exception())


@app.get("/start/gather")
async def gather():
    await asyncio.gather(fail_later(), return_exceptions=True)


@app.get("/start/asyncio-group")
async def asyncio_group():
    async with asyncio.TaskGroup() as group:
        group.create_task(fail_later())


@app.get("/start/anyio-group")
async def anyio_group():
    async with anyio.create_task_group() as group:
        group.start_soon(fail_later)


@app.get("/start/starlette-background")
async def starlette_background():
    return PlainTextResponse("", background=BackgroundTask(fail_later))


@app.get("/start/fastapi-background")
async def fastapi_background(tasks: BackgroundTasks):
    tasks.add_task(fail_later)


@app.get("/start/fastapi-background-function")
async def fastapi_background_function(tasks: BackgroundTasks):
    tasks.add_task(fail)


@app.get("/start/callback")
async def callback():
    asyncio.get_running_loop().call_soon(fail)


@app.get("/start/own-handler")
async def own_handler():
    asyncio.get_running_loop().set_exception_handler(lambda loop, context: None)
    asyncio.create_task(fail_later())  # noqa: RUF006 (on purpose)


@app.get("/start/thread")
async def thread():
    threading.Thread(target=fail).start()


@app.get("/start/other-loop")
async def other_loop():
    async def main():
        task = asyncio.create_task(fail_later())
        await asyncio.wait([task])

    threading.Thread(target=asyncio.run, args=[main()]).start()


@app.get("/start/executor")
async def executor():
    asyncio.get_running_loop().run_in_executor(None, fail)


@app.get("/start/awaited-executor")
async def awaited_executor():
    await asyncio.get_running_loop().run_in_executor(None, fail)


@app.get("/start/pool")
async def own_pool():
    pool.submit(fail)


@app.get("/settle")
async def settle():
    while not ended.is_set():
        await asyncio.sleep(0.01)
    gc.collect()
