"""A Django project with channels: views, and consumers of both kinds."""

import django
import sentry_sdk
from django.conf import settings

settings.configure(
    ALLOWED_HOSTS=["*"],
    DATABASES={},
    DEBUG=False,
    INSTALLED_APPS=["channels"],
    LOGGING_CONFIG=None,
    ROOT_URLCONF=__name__,
    SECRET_KEY="not a secret",
)
django.setup(set_prefix=False)

from channels.generic.websocket import AsyncWebsocketConsumer, WebsocketConsumer  # noqa: E402 (after the settings)
from channels.routing import ProtocolTypeRouter, URLRouter  # noqa: E402
from django.core.asgi import get_asgi_application  # noqa: E402
from django.http import HttpResponse  # noqa: E402
from django.urls import path  # noqa: E402


class Chat(AsyncWebsocketConsumer):
    async def connect(self):
        await self.accept()

    async def receive(self, text_data=None, bytes_data=None):
        if text_data == "tag":
            sentry_sdk.set_tag("room", self.scope["url_route"]["kwargs"]["room"])
        if text_data == "bad":
            raise ValueError("in the consumer")
        await self.send(text_data="echo " + text_data)


class SyncChat(WebsocketConsumer):
    def receive(self, text_data=None, bytes_data=None):
        if text_data == "bad":
            raise KeyError("in the sync consumer")
        self.send(text_data="echo " + text_data)


def ok(request):
    return HttpResponse("ok")


def bad(request):
    divisor = 0
    return HttpResponse(str(1 // divisor))


urlpatterns = [path("ok", ok), path("bad", bad)]
app = ProtocolTypeRouter(
    {
        "http": get_asgi_application(),
        "websocket": URLRouter(
            [path("ws/chat/<str:room>/", Chat.as_asgi()), path("ws/sync/", SyncChat.as_asgi())]
        ),
    }
)
