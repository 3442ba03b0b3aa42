"""A Django app, served as ASGI, that does with a body what the path says."""

import json

import django
import readers
from django.conf import settings
from django.core.asgi import get_asgi_application
from django.http import HttpResponse
from django.urls import path

settings.configure(
    ALLOWED_HOSTS=["*"], DEBUG=False, LOGGING_CONFIG=None, ROOT_URLCONF=__name__, SECRET_KEY="not a secret"
)


def do(request, reader):
    body, more, status = None, {}, 200
    if reader == "body":
        body = request.body
    elif reader == "stream":
        body = b"".join(request)
    elif reader == "half_stream":
        more["part"] = readers.said(request.read(10))
    elif reader == "form":
        found = [[name, values] for name, values in request.POST.lists()]
        found += [[name, file.name, readers.said(file.read())] for name, file in request.FILES.items()]
        return HttpResponse(readers.said(form=found))
    elif reader == "json":
        try:
            more["json"] = json.loads(request.body)
        except ValueError:
            status = 400
    elif reader == "json_raises":
        more["json"] = json.loads(request.body)
    elif reader == "read_then_body":
        body = request.read(10)
        body += request.body
    elif reader == "form_then_body":
        more["form"] = [[name, values] for name, values in request.POST.lists()]
        body = request.body
    elif reader == "fails":
        body = request.body
        raise RuntimeError(f"failed {request.GET.get('id')}")
    elif reader == "fails_unread":
        raise RuntimeError(f"failed unread {request.GET.get('id')}")
    elif reader == "unavailable":
        status = 503
    return HttpResponse(readers.said(body, **more), status=status)


def in_thread(request, reader):
    return do(request, reader)


async def in_loop(request, reader):
    return do(request, reader)


async def mark(request):
    return HttpResponse("mark")


urlpatterns = [
    path("sync/<str:reader>", in_thread),
    path("endpoint/<str:reader>", in_loop),
    path("raising/<str:reader>", in_loop),
    path("mark", mark),
]
django.setup(set_prefix=False)
app = readers.RaisingReceive(get_asgi_application())
