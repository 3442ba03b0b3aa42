"""WSGI apps that are served as ASGI, through the bridge that BRIDGE names."""

import os
import warnings


def asgiref(app):
    from asgiref.wsgi import WsgiToAsgi

    return WsgiToAsgi(app)


def a2wsgi(app):
    from a2wsgi import WSGIMiddleware

    return WSGIMiddleware(app)


def starlette(app):
    warnings.simplefilter("ignore")
    from starlette.middleware.wsgi import WSGIMiddleware

    return WSGIMiddleware(app)


def uvicorn(app):
    warnings.simplefilter("ignore")
    from uvicorn.middleware.wsgi import WSGIMiddleware

    return WSGIMiddleware(app)


def hypercorn(app):
    from hypercorn.middleware import AsyncioWSGIMiddleware

    return AsyncioWSGIMiddleware(app)


def method(app):
    """Go past Flask.__call__."""
    return asgiref(app.wsgi_app)


def under_asgi_middleware(app):
    from wrapped import PureMiddleware

    return PureMiddleware(a2wsgi(app))


def under_wsgi_middleware(app):
    from werkzeug.middleware.proxy_fix import ProxyFix

    return a2wsgi(ProxyFix(app))


def instrumented(app):
    from sentry_sdk.integrations.wsgi import SentryWsgiMiddleware

    return a2wsgi(SentryWsgiMiddleware(app))


def mounted(app):
    from fastapi import FastAPI

    fastapi = FastAPI()
    fastapi.mount("/", a2wsgi(app))
    return fastapi


def flask():
    from flask_app import app

    return app


def plain():
    from wsgi_app import app

    return app


def django():
    import django_app  # noqa: F401 (configures Django)
    from django.core.wsgi import get_wsgi_application

    return get_wsgi_application()


def bottle():
    from bottle import Bottle

    app = Bottle()
    app.get("/items/<number>")(lambda number: number)
    app.get("/boom")(lambda: 1 // 0)
    return app


class Falcon:
    """One resource for each path."""

    def on_get(self, request, response, number=None):
        response.text = str(number or 1 // 0)

    async def on_get_asgi(self, request, response, number=None):
        self.on_get(request, response, number)


def falcon():
    from falcon import App

    app = App()
    app.add_route("/items/{number}", Falcon())
    app.add_route("/boom", Falcon())
    return app


def falcon_asgi():
    """Speak ASGI itself."""
    from falcon.asgi import App

    app = App()
    app.add_route("/items/{number}", Falcon(), suffix="asgi")
    app.add_route("/boom", Falcon(), suffix="asgi")
    return app


def pyramid():
    from pyramid.config import Configurator
    from pyramid.response import Response

    with Configurator() as config:
        config.add_route("item", "/items/{number}")
        config.add_route("boom", "/boom")
        config.add_view(lambda request: Response(request.matchdict["number"]), route_name="item")
        config.add_view(lambda request: Response(str(1 // 0)), route_name="boom")
        return config.make_wsgi_app()


bridge, _, framework = os.environ["BRIDGE"].partition(" ")
app = globals()[framework or "flask"]()
if bridge != "none":
    app = globals()[bridge](app)
