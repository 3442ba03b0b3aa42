"""Deployments that call one another by handle, and know nothing of Sentry."""

import logging
import os

from fastapi import FastAPI
from fastapi.responses import PlainTextResponse
from ray import serve
from ray.serve.generated.serve_pb2 import UserDefinedResponse
from starlette.responses import StreamingResponse

api = FastAPI()


@serve.deployment
class Model:
    def predict(self, number):
        return number * 2

    def divide(self, divisor):
        return 1 // divisor

    async def answer(self, divisor):
        return self.divide(divisor)

    async def stream(self, count):
        for number in range(count):
            yield number
        raise LookupError("no more")

    def where(self):
        return os.getpid()


@serve.deployment
def half(number):
    divisor = 2 if number else 0
    return number // divisor


@serve.deployment
@serve.ingress(api)
class Pipeline:
    def __init__(self, model, half):
        self.model, self.half = model, half

    @api.get("/compose/{number}")
    async def compose(self, number: int):
        return await self.model.predict.remote(self.half.remote(number))

    @api.get("/divide/{number}")
    async def divide(self, number: int):
        return await self.model.divide.remote(number)

    @api.get("/answer/{number}")
    async def answer(self, number: int):
        return await self.model.answer.options(_by_reference=False).remote(number)

    @api.get("/outcome/{number}")
    async def outcome(self, number: int):
        try:
            return await self.model.divide.remote(number)
        except ZeroDivisionError:
            return "divided"

    @api.get("/logged")
    async def logged(self):
        try:
            return await self.model.divide.remote(0)
        except ZeroDivisionError:
            logging.exception("the model cannot divide")
            return "caught"

    @api.get("/stream/{count}")
    async def stream(self, count: int):
        handle = self.model.options(stream=True)

        async def numbers():
            try:
                async for number in handle.stream.remote(count):
                    yield f"{number}\n"
            except LookupError:
                yield "end\n"

        return StreamingResponse(numbers())

    @api.get("/where")
    async def where(self):
        return [os.getpid(), await self.model.where.remote()]


@serve.deployment
class Caller:
    """No ASGI app, and called by HTTP: it calls others by handle."""

    def __init__(self, model, half):
        self.model = model

    async def __call__(self, request):
        if request.query_params.get("text"):
            return PlainTextResponse("text")
        return await self.model.divide.remote(int(request.query_params["by"]))


@serve.deployment
def inverse(request):
    return 1 // int(request.query_params["by"])


@serve.deployment
class Greeter:
    """A servicer of gRPC."""

    def __init__(self, model, half):
        self.model = model

    async def __call__(self, message):
        return UserDefinedResponse(num_x2=await self.model.divide.remote(message.num))

    async def Streaming(self, message):  # noqa: N802 (the name in the protocol)
        for number in range(message.num):
            yield UserDefinedResponse(num_x2=number)
        raise LookupError("no more")


def bind(ingress, options):
    """Return the application of an ingress, whose parts have the same options."""
    names = (Model, half) if ingress in (Pipeline, Caller, Greeter) else ()
    return ingress.options(**options).bind(*(part.options(**options).bind() for part in names))
