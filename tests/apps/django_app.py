"""A Django app, served as ASGI, that knows nothing of Sentry."""

import json

import django
from django.conf import settings
from django.core.asgi import get_asgi_application
from django.http import HttpResponse
from django.urls import path

settings.configure(
    ALLOWED_HOSTS=["*"],
    DEBUG=False,
    ROOT_URLCONF=__name__,
    SECRET_KEY="not a secret",
    LOGGING_CONFIG=None,
    MIDDLEWARE=["django.middleware.common.CommonMiddleware"],
)


async def ok(request):
    return HttpResponse("ok")


async def item(request, number):
    return HttpResponse(str(number))


async def boom(request):
    divisor = 0
    return HttpResponse(str(1 // divisor))


async def divide(request):
    return HttpResponse(str(1 // json.loads(request.body)["by"]))


def sync(request, by):
    return HttpResponse(str(1 // by))


urlpatterns = [
    path("ok", ok),
    path("items/<int:number>", item),
    path("boom", boom),
    path("divide", divide),
    path("sync/<int:by>", sync),
]
django.setup(set_prefix=False)
app = get_asgi_application()
