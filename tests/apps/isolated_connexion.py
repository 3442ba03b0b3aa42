"""Connexion's app over Flask."""

import isolated
from connexion import FlaskApp

SPECIFICATION = {
    "openapi": "3.0.0",
    "info": {"title": "isolated", "version": "1"},
    "paths": {
        "/item/{mark}": {
            "get": {
                "operationId": "item",
                "parameters": [
                    {"name": "mark", "in": "path", "required": True, "schema": {"type": "string"}}
                ],
                "responses": {"200": {"description": "served"}},
            }
        }
    },
}


def item(mark):
    return isolated.in_thread(mark)


app = FlaskApp(__name__)
app.add_api(SPECIFICATION, resolver=lambda operation: item, base_path="/api")


@app.app.get("/flask/<mark>")
def flask_item(mark):
    return isolated.in_thread(mark)
