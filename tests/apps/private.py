"""Apps whose frames are full of what the client sent, when they fail."""

import base64
import dataclasses
import logging
from http.cookies import SimpleCookie

import httpx
import sentry_sdk
from fastapi import FastAPI, Request
from pydantic import BaseModel


def fail(scope):
    headers = dict(scope["headers"])
    decoded = {name.decode(): value.decode() for name, value in scope["headers"]}
    cookie_header = headers[b"cookie"]
    cookies = {name: morsel.value for name, morsel in SimpleCookie(decoded["cookie"]).items()}
    credentials = base64.b64decode(decoded["authorization"].split()[1]).decode()
    user, word = credentials.split(":")
    forwarded = decoded["x-forwarded-for"].split(",")[0]
    greet(scope["client"], cookies, decoded)


# Two functions, as the SDK sends ten variables of a frame.
def greet(endpoint, cookies, decoded):
    address, port = endpoint
    greeting = f"welcome back, {cookies['sid']}"
    harmless = "kept"
    logging.getLogger("shop").warning("request from %s with %s", address, decoded)
    raise ValueError(f"no luck for {address} with {cookies['sid']}")


async def raw(scope, receive, send):
    assert scope["type"] == "http"
    if scope["path"] == "/message":
        sentry_sdk.capture_message("noted")
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body"})
    elif scope["path"] == "/logged":
        logging.getLogger("shop").error("failed", extra={"headers": dict(scope["headers"])})
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body"})
    else:
        fail(scope)


async def chained(scope, receive, send):
    assert scope["type"] == "http"
    pair = [1.0, 2.0]
    try:
        pair[0] / 0
    except ZeroDivisionError as error:
        raise LookupError("nothing there") from error


async def malformed(scope, receive, send):
    assert scope["type"] == "http"
    whole = dict(scope)
    scope["client"] = ("1.2.3.4",)
    scope["headers"] = [("text", "instead of bytes"), b"no pair", (b"cookie", None)]
    sentry_sdk.capture_message("noted")
    scope.update(whole)
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body"})


def initialises_itself():
    sentry_sdk.init(environment="of-the-app")
    return raw


fast = FastAPI()


@fast.get("/boom")
async def boom(request: Request):
    cookies, client, headers = request.cookies, request.client, request.headers
    return fail(request.scope)


# Not a literal where it is used: lines of source are in an event.
OUT = "0ut-"


@dataclasses.dataclass
class Login:
    user: str
    password: str


class Account(BaseModel):
    user: str
    api_key: str


@fast.get("/quiet")
async def quiet():
    return {}


@fast.post("/login")
async def login(request: Request):
    body = await request.json()
    account, form = Account(**body["account"]), Login("somebody", body["account"]["api_key"])
    token = request.headers["x-auth-token"]
    here = (
        str(request.base_url).replace("://", f"://somebody:{OUT}passw0rd@") + f"quiet?api_key={OUT}k3y&page=2"
    )
    async with httpx.AsyncClient(trust_env=False) as client:
        await client.get(here, headers={"X-Auth-Token": f"{OUT}t0ken"})
    logging.getLogger("shop").warning("asked with %s at %s", token, request.url, extra={"token": f"{OUT}l0g"})
    sentry_sdk.add_breadcrumb(message=f"asked {here}", data={"client_secret": f"{OUT}s3cret"})
    raise ValueError(f"no luck for {form}")
