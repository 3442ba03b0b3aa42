"""The same, as a framework's."""

import counted
from starlette.applications import Starlette
from starlette.routing import Mount

app = Starlette(routes=[Mount("/", counted.app)])
