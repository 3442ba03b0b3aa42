"""The SDK's auto-enabling integrations, one at a time: their names, their classes, their setup."""

from __future__ import annotations

import copyreg
import importlib
import importlib.util
import inspect
from importlib.machinery import ModuleSpec, PathFinder
from typing import Any, Iterable, Mapping

import sentry_sdk
import sentry_sdk.client
from sentry_sdk import integrations
from sentry_sdk.integrations import DidNotEnable, Integration
from sentry_sdk.utils import get_sdk_name


def import_strings() -> dict[str, str]:
    """Give `package.module.Class` of each by its identifier, in the SDK's order; none if this SDK tells none."""
    known: list[str] = getattr(integrations, "_AUTO_ENABLING_INTEGRATIONS", [])
    return {import_string.split(".")[-2]: import_string for import_string in known}


def deactivations() -> Mapping[str, Iterable[str]]:
    """Give the identifiers of integrations that an active one takes the place of."""
    found: Mapping[str, Iterable[str]] = getattr(integrations, "_INTEGRATION_DEACTIVATES", {})
    return found


class _StandInClass(type(Integration)):  # type: ignore[misc] # whatever class it is of in this SDK
    """What a stand-in is a class of: pickled by its identifier, as it has no module to be found in."""


class _StandIn(Integration, metaclass=_StandInClass):
    """What stands for the class of an integration that is not imported."""


def stand_in(identifier: str) -> type[Integration]:
    """Give a class that has the identifier of an integration, and does not need its library."""
    return _StandInClass(_StandIn.__name__, (_StandIn,), {"identifier": identifier})


def _named(identifier: str) -> Any:
    """Return the class of an integration itself, for a client that the SDK makes of a pickled one without us."""
    try:
        return load(import_strings()[identifier]) or stand_in(identifier)
    except (ImportError, KeyError):
        return stand_in(identifier)


copyreg.pickle(_StandInClass, lambda stand_in: (_named, (stand_in.identifier,)))


def is_stand_in(integration: Any) -> bool:
    """Whether this was given by `stand_in`."""
    return isinstance(integration, type) and issubclass(integration, _StandIn)


def load(import_string: str) -> type[Integration] | None:
    """Import the integration's class, and its library; None if the SDK would do without it."""
    module, _, name = import_string.rpartition(".")
    try:
        found: type[Integration] = getattr(importlib.import_module(module), name)
    except (DidNotEnable, SyntaxError):
        return None
    return found


def set_up(client: Any, integration_class: type[Integration]) -> None:
    """Patch the library, if that is not done yet, and let `client` have the integration.

    Whatever the SDK would do without is left out; raises what else the integration raises.
    """
    integration = integration_class()
    further = {"options": client.options, "disabled_integrations": never_deactivating()}
    known = inspect.signature(integrations.setup_integrations).parameters
    try:
        installed = integrations.setup_integrations(
            [integration],
            with_defaults=False,
            **{name: value for name, value in further.items() if name in known},
        )
    except DidNotEnable:
        return
    if integration.identifier in installed:
        # Put in place of the other, as other threads may be going through that.
        client.integrations = {**client.integrations, integration.identifier: integration}


def never_deactivating() -> list[type[Integration]]:
    """Give what keeps the SDK from importing all libraries to deactivate some integrations.

    They are disabled by identifier for that purpose; an integration itself is disabled by its class.
    """
    return [stand_in(identifier) for identifier in deactivations()]


def tell_name(client: Any) -> None:
    """Name the SDK after the framework among the client's integrations, as the SDK does at init."""
    about = sentry_sdk.client.SDK_INFO
    name = get_sdk_name(list(client.integrations))
    if about["name"] == name:
        return
    about["name"] = name
    scope = sentry_sdk.Scope.get_global_scope()
    if hasattr(scope, "set_global_attributes"):
        scope.set_global_attributes()


# By the integration's identifier, the module after whose import everything that it patches can be patched: nobody
# can have taken a reference from the library before.
TRIGGERS: Mapping[str, str] = {
    "aiohttp": "aiohttp",
    "anthropic": "anthropic",
    "ariadne": "ariadne",
    "arq": "arq",
    "asyncpg": "asyncpg",
    "boto3": "botocore",  # which makes the requests, for others than boto3 too
    "bottle": "bottle",
    "celery": "celery",
    "chalice": "chalice",
    "clickhouse_driver": "clickhouse_driver",
    "cohere": "cohere",
    "django": "django",
    "falcon": "falcon",
    "fastapi": "fastapi",
    "flask": "flask",
    "google_genai": "google.genai",
    "gql": "gql",
    "graphene": "graphene",
    "httpx": "httpx",
    "httpx2": "httpx2",
    "huey": "huey",
    "huggingface_hub": "huggingface_hub",
    "langchain": "langchain_core",
    "langgraph": "langgraph.pregel",  # langgraph is a namespace
    "litestar": "litestar",
    "loguru": "loguru",
    "mcp": "mcp",
    "openai": "openai",
    "openai_agents": "agents",
    "pydantic_ai": "pydantic_ai",
    "pymongo": "pymongo",
    "pyramid": "pyramid",
    "quart": "quart",
    "redis": "redis",
    "rq": "rq",
    "sanic": "sanic",
    "sqlalchemy": "sqlalchemy",
    "starlette": "starlette",
    "starlite": "starlite",
    "strawberry": "strawberry",
    "tornado": "tornado",
}

# Modules that an integration needs or patches as well, if they are installed. They import its library in turn, so
# they must have been executed to their end before it looks at them.
EXTENSIONS: Mapping[str, tuple[str, ...]] = {
    "celery": ("redbeat",),
    "django": ("channels", "rest_framework"),
    "flask": ("flask_login",),
    "langchain": (
        "langchain",
        "langchain_aws",
        "langchain_classic",
        "langchain_cohere",
        "langchain_google_vertexai",
        "langchain_huggingface",
        "langchain_mistralai",
        "langchain_ollama",
        "langchain_openai",
    ),
    "langgraph": ("langgraph.graph",),
    "mcp": ("fastmcp",),
    "quart": ("quart_auth",),
    "redis": ("rb", "rediscluster"),
}

# An app may have packages of these names itself: the library is the one that has this module.
_TELLTALES = {"agents": "agents.run", "channels": "channels.layers", "mcp": "mcp.server", "rb": "rb.clients"}

# Modules and their functions that an integration replaces there, and other libraries with integrations import by name.
REPLACED = (("starlette.routing", "request_response"),)


def integration_module(identifier: str) -> str:
    """Give the name of the SDK's module of an integration."""
    return f"sentry_sdk.integrations.{identifier}"


WATCHED = frozenset(TRIGGERS.values()).union(
    *EXTENSIONS.values(),
    # An app may import these first, and they import the library.
    map(integration_module, TRIGGERS),
)


def is_library(spec: ModuleSpec) -> bool:
    """Whether the module that was found by a watched name is the library, and not one of the app's own."""
    telltale = _TELLTALES.get(spec.name)
    if telltale is None:
        return True
    path = spec.submodule_search_locations
    return path is not None and PathFinder.find_spec(telltale, list(path)) is not None


def is_installed(trigger: str) -> bool:
    """Whether a library could be imported; it is not."""
    try:
        spec = importlib.util.find_spec(trigger)
    except (ImportError, ValueError):  # ValueError: a module without a spec was put into sys.modules
        return False
    return spec is not None and is_library(spec)
