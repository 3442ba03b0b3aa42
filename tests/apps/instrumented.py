"""Tell what is instrumented in this process: the client's integrations, and what the SDK has put into libraries."""

import json
import sys
import types


def report():
    """Print it as JSON."""
    import sentry_sdk
    from sentry_sdk.client import SDK_INFO

    client = sentry_sdk.get_client()
    found = {
        "integrations": sorted(client.integrations),
        "modules": sorted(sys.modules),
        "patched": dict(patched()),
        "name": SDK_INFO["name"],
        "auto_enabling_integrations": client.options["auto_enabling_integrations"],
    }
    print(json.dumps(found))


def patched():
    """Yield the attributes of modules and of their classes that hold a function of the SDK, and the module it is of."""
    for name, module in list(sys.modules.items()):
        if not isinstance(module, types.ModuleType) or name.startswith(("sentry_", "instrumented", "__")):
            continue
        for attribute, value in list(vars(module).items()):
            origin = origin_of(value)
            if origin:
                yield f"{name}.{attribute}", origin
            # By type() throughout: asking some objects for their class makes them read settings or import modules.
            elif issubclass(type(value), type) and value.__module__ == name:
                for inner, member in list(vars(value).items()):
                    origin = origin_of(member)
                    if origin:
                        yield f"{name}.{attribute}.{inner}", origin


def origin_of(value):
    """Return the SDK's module that a function, property or method is of, without `sentry_sdk.integrations`."""
    if type(value) in (classmethod, staticmethod):
        value = value.__func__
    elif type(value) is property:
        value = value.fget
    if type(value) is not types.FunctionType:
        return None
    _, _, path = value.__code__.co_filename.partition("/sentry_sdk/")
    return path.partition("integrations/")[2].partition("/")[0].partition(".")[0] or path
