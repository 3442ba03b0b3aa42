"""Hooks that no SDK can use, as it neither awaits nor iterates what they give."""


async def asynchronous(event, hint):
    return event


def generator(event, hint):
    yield event


class AsynchronousScrubber:
    async def scrub_event(self, event):
        """Scrub nothing, as nobody awaits it."""


class _AsynchronousObject:
    async def __call__(self, event, hint):
        return event


asynchronous_object = _AsynchronousObject()
