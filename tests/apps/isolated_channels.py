"""Django with channels: views of both kinds, and consumers that talk over websockets."""

import django
import isolated
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

from channels.generic.websocket import AsyncWebsocketConsumer  # noqa: E402 (after the settings)
from channels.routing import ProtocolTypeRouter, URLRouter  # noqa: E402
from django.core.asgi import get_asgi_application  # noqa: E402
from django.http import HttpResponse  # noqa: E402
from django.urls import path  # noqa: E402


async def view(request, mark):
    return HttpResponse(await isolated.in_loop(mark))


def sync_view(request, mark):
    return HttpResponse(isolated.in_thread(mark))


class Consumer(AsyncWebsocketConsumer):
    async def receive(self, text_data=None, bytes_data=None):
        await self.send(text_data=await isolated.in_loop(self.scope["url_route"]["kwargs"]["mark"]))


urlpatterns = [path("view/<str:mark>", view), path("sync/<str:mark>", sync_view)]
app = ProtocolTypeRouter(
    {
        "http": get_asgi_application(),
        "websocket": URLRouter([path("ws/<str:mark>", Consumer.as_asgi())]),
    }
)
