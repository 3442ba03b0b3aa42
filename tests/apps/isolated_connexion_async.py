"""Connexion's app of its own."""

import isolated
from connexion import AsyncApp
from isolated_connexion import SPECIFICATION


async def item(mark):
    return await isolated.in_loop(mark)


app = AsyncApp(__name__)
app.add_api(SPECIFICATION, resolver=lambda operation: item, base_path="/api")
