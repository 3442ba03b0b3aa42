"""A Modal app with web functions of each kind."""

import modal

app = modal.App("functions")


@app.function()
@modal.asgi_app()
def plain():
    from raw3 import app

    return app


@app.function()
@modal.asgi_app()
def without_lifespan():
    from raw3_no_lifespan import app

    return app


@app.function()
@modal.asgi_app()
def framework():
    from fastapi_app import app

    return app


@app.function()
@modal.asgi_app()
def tasks():
    from tasks_app import app

    return app


@app.function()
@modal.asgi_app()
def broken():
    import no_such_module

    return no_such_module.app


@app.function()
@modal.fastapi_endpoint()
def endpoint(divisor: int):
    return 1 // divisor


@app.function()
@modal.wsgi_app()
def wsgi():
    from wsgi_app import app

    return app
