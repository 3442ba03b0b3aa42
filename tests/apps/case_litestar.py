"""A Litestar app whose middleware refuses, and fails, before any route is reached."""

from litestar import Litestar, get
from litestar.exceptions import HTTPException, NotAuthorizedException
from litestar.middleware import AbstractAuthenticationMiddleware


class Authentication(AbstractAuthenticationMiddleware):
    async def authenticate_request(self, connection):
        if "q" in connection.query_params:
            raise HTTPException("closed", status_code=503)
        raise NotAuthorizedException("no token")


@get("/me")
async def me() -> str:
    return "me"


@get("/open/{number:int}", opt={"exclude_from_auth": True})
async def opened(number: int) -> int:
    if number == 404:
        raise HTTPException("gone", status_code=404)
    return 1 // number


app = Litestar([me, opened], middleware=[Authentication])
