"""An app that sets a task factory of its own in the lifespan, and tells what its loop shows: the factory of FACTORY."""

import asyncio
import os
from contextlib import asynccontextmanager, suppress

from fastapi import FastAPI

made = []


def counting(loop, coroutine, **arguments):
    made.append(coroutine.__qualname__)
    return asyncio.Task(coroutine, loop=loop, **arguments)


FACTORIES = {"counting": counting, "eager": getattr(asyncio, "eager_task_factory", None), "none": None}


async def fail():
    raise RuntimeError("of a task")


@asynccontextmanager
async def lifespan(app):
    loop = asyncio.get_running_loop()
    app.state.before = loop.get_task_factory()
    loop.set_task_factory(FACTORIES[os.environ["FACTORY"]])
    yield


app = FastAPI(lifespan=lifespan)


@app.get("/")
async def look():
    loop = asyncio.get_running_loop()
    shown = loop.get_task_factory()
    made.clear()
    steps = []

    async def step():
        steps.append("in the task")

    task = asyncio.create_task(step())
    steps.append("behind create_task")
    await task
    with suppress(RuntimeError):
        await asyncio.create_task(fail())
    try:
        loop.set_task_factory("none")
    except TypeError as error:
        refusal = str(error)
    loop.set_task_factory(shown)
    return {
        "before": app.state.before,
        "shown": shown is FACTORIES[os.environ["FACTORY"]],
        "made": made,
        "steps": steps,
        "refusal": refusal,
        "on_loop": sorted(vars(loop).keys() & {"get_task_factory", "set_task_factory", "close"}),
    }
