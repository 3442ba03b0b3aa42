"""Print what each app is instrumented by: FastAPI's, held by the attributes that are named, in two ways each."""

import fastapi

import sentry_asgi_autoconf

sentry_asgi_autoconf.activate()


def holder(name, slotted):
    async def call(self, scope, receive, send):
        await getattr(self, name)(scope, receive, send)

    kind = type("Holder", (), {"__call__": call, **({"__slots__": (name,)} if slotted else {})})
    made = kind()
    setattr(made, name, fastapi.FastAPI())
    return made


def wrap_apps_held_by(names):
    for name in names:
        for slotted in (False, True):
            print(name, flush=True)
            sentry_asgi_autoconf.wrap(holder(name, slotted))
