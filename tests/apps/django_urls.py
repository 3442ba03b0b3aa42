"""The URLs of the project, which are those of the app."""

from django.http import HttpResponse
from django.urls import path


async def ok(request):
    return HttpResponse("ok")


async def item(request, number):
    return HttpResponse(str(number))


async def boom(request):
    divisor = 0
    return HttpResponse(str(1 // divisor))


urlpatterns = [path("ok", ok), path("items/<int:number>", item), path("boom", boom)]
