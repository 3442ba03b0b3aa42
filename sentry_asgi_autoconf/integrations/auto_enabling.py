"""The SDK's auto-enabling integrations, one at a time: their names, their classes, their setup."""

from __future__ import annotations

import copyreg
import importlib
import importlib.util
import inspect
import sys
from contextlib import suppress
from importlib.machinery import ModuleSpec, PathFinder
from typing import Any, Callable, Iterable, Mapping

import sentry_sdk
import sentry_sdk.client
from sentry_sdk import integrations
from sentry_sdk.integrations import DidNotEnable, Integration
from sentry_sdk.utils import get_sdk_name

from sentry_asgi_autoconf import import_hook


def import_strings() -> dict[str, str]:
    """Return `package.module.Class` of each by its identifier, in the SDK's order; none if it has no such list."""
    known: list[str] = getattr(integrations, "_AUTO_ENABLING_INTEGRATIONS", [])
    return {import_string.split(".")[-2]: import_string for import_string in known}


def deactivations() -> Mapping[str, Iterable[str]]:
    """Return the identifiers of integrations that an active one takes the place of."""
    found: Mapping[str, Iterable[str]] = getattr(integrations, "_INTEGRATION_DEACTIVATES", {})
    return found


def instance_of(integration: type[Integration], **usual: Any) -> Integration:
    """Return an integration made of its class, with the arguments that a setting gives it put over the usual ones."""
    return given_arguments[0].make(integration, usual) if given_arguments else integration(**usual)


# At most one, a GivenArguments: what a setting says.
given_arguments: list[Any] = []


class _StandInClass(type(Integration)):  # type: ignore[misc] # whatever class it is of in this SDK
    """What a stand-in is a class of: pickled by its identifier, as it has no module to be found in."""


class _StandIn(Integration, metaclass=_StandInClass):
    """What stands for the class of an integration that is not imported."""


def stand_in(identifier: str) -> type[Integration]:
    """Return a class that has the identifier of an integration, and does not need its library."""
    return _StandInClass(_StandIn.__name__, (_StandIn,), {"identifier": identifier})


def _named(identifier: str) -> Any:
    """Return the class of an integration itself, for a client that the SDK makes of a pickled one without us."""
    try:
        return load(import_strings()[identifier]) or stand_in(identifier)
    except (ImportError, KeyError):
        return stand_in(identifier)


copyreg.pickle(_StandInClass, lambda stand_in: (_named, (stand_in.identifier,)))


def is_stand_in(integration: Any) -> bool:
    """Whether this was made by `stand_in`."""
    return isinstance(integration, type) and issubclass(integration, _StandIn)


def load(import_string: str) -> type[Integration] | None:
    """Import the integration's class, and its library; None if the SDK would do without it."""
    module, _, name = import_string.rpartition(".")
    with suppress(DidNotEnable, SyntaxError):
        found: type[Integration] = getattr(importlib.import_module(module), name)
        return found
    return None


def is_wanted(client: Any, identifier: str) -> bool:
    """Whether an integration that nobody has named may be set up for `client`."""
    options = client.options
    disabled = {each.identifier for each in options.get("disabled_integrations") or ()}
    is_default = all(
        options.get(name, True) for name in ("default_integrations", "auto_enabling_integrations")
    )
    return is_default and identifier not in disabled


def set_up(client: Any, make: Callable[[], Integration]) -> None:
    """Patch the library, if that is not done yet, and let `client` have the integration that `make` makes.

    Whatever the SDK would do without is left out; raises what else the integration raises.
    """
    integration = make()
    further = {"options": client.options, "disabled_integrations": never_deactivating()}
    known = inspect.signature(integrations.setup_integrations).parameters
    taken: Any = {name: value for name, value in further.items() if name in known}
    with suppress(DidNotEnable):
        if integration.identifier in integrations.setup_integrations(
            [integration], with_defaults=False, **taken
        ):
            # Put in place of the other, as other threads may be going through that.
            client.integrations = {**client.integrations, integration.identifier: integration}


def never_deactivating() -> list[type[Integration]]:
    """Return what, if disabled, keeps the SDK from importing all libraries to deactivate some integrations."""
    return [stand_in(identifier) for identifier in deactivations()]


def set_name(client: Any) -> None:
    """Name the SDK after the framework among the client's integrations, as the SDK does at init."""
    about, name = sentry_sdk.client.SDK_INFO, get_sdk_name(list(client.integrations))
    if about["name"] != name:
        about["name"] = name
        scope = sentry_sdk.Scope.get_global_scope()
        if hasattr(scope, "set_global_attributes"):
            scope.set_global_attributes()


_OF_THE_SAME_NAME = (
    "aiohttp anthropic ariadne arq asyncpg bottle celery chalice clickhouse_driver cohere django falcon fastapi flask"
    " gql graphene httpx httpx2 huey huggingface_hub litestar loguru mcp openai pydantic_ai pymongo pyramid quart"
    " redis rq sanic sqlalchemy starlette starlite strawberry tornado"
)
# By the integration's identifier, the module after whose import everything that it patches can be patched: nobody
# can have taken a reference from the library before.
LIBRARIES: Mapping[str, str] = {
    **{name: name for name in _OF_THE_SAME_NAME.split()},
    "boto3": "botocore",  # which makes the requests, for others than boto3 too
    "google_genai": "google.genai",
    "langchain": "langchain_core",
    "langgraph": "langgraph.pregel",  # langgraph is a namespace
    "openai_agents": "agents",
}

# Modules that an integration needs or patches as well, if they are installed. They import its library in turn, so
# they must have been executed to their end before it looks at them.
EXTENSIONS: Mapping[str, tuple[str, ...]] = {
    "celery": ("redbeat",),
    "django": ("channels", "rest_framework"),
    "flask": ("flask_login",),
    "langchain": (
        *("langchain", "langchain_aws", "langchain_classic", "langchain_cohere", "langchain_google_vertexai"),
        *("langchain_huggingface", "langchain_mistralai", "langchain_ollama", "langchain_openai"),
    ),
    "langgraph": ("langgraph.graph",),
    "mcp": ("fastmcp",),
    "quart": ("quart_auth",),
    "redis": ("rb", "rediscluster"),
}

# An app may have packages of these names itself: the library is the one that has this module.
_TELLTALES = {"agents": "agents.run", "channels": "channels.layers", "mcp": "mcp.server", "rb": "rb.clients"}


def integration_module(identifier: str) -> str:
    """Return the name of the SDK's module of an integration."""
    return f"{integrations.__name__}.{identifier}"


WATCHED = frozenset(LIBRARIES.values()).union(
    *EXTENSIONS.values(),
    # An app may import these first, and they import the library.
    map(integration_module, LIBRARIES),
)


def is_library(spec: ModuleSpec) -> bool:
    """Whether the module that was found by a watched name is the library, and not one of the app's own."""
    telltale = _TELLTALES.get(spec.name)
    if telltale is None:
        return True
    path = spec.submodule_search_locations
    return path is not None and PathFinder.find_spec(telltale, list(path)) is not None


def may_be_installed(identifier: str) -> bool:
    """Whether the library of an integration could be imported, as far as it is known; it is not imported."""
    if identifier not in LIBRARIES:
        return True
    with suppress(ImportError, ValueError):  # ValueError: a module without a spec was put into sys.modules
        spec = importlib.util.find_spec(LIBRARIES[identifier])
        return spec is not None and is_library(spec)
    return False


# References that one instrumented library takes of another lead, as in the SDK's way, to what is not patched. There all
# libraries are imported before the first is patched; here one may be imported that takes a function by name from one
# that is patched already. This is the one function of which that is so.
_MODULE, _FUNCTION = "starlette.routing", "request_response"
_originals: list[Any] = []


def remember_originals() -> None:
    """Keep what integrations that are set up from now on may replace."""
    function = _current()
    if function is not None and not _originals:
        _originals.append(function)


def restore_originals(library: str) -> None:
    """Let the modules of a library that has just been imported refer to the originals."""
    replacement = _current()
    for original in _originals:
        if replacement is not None and replacement is not original and not _MODULE.startswith(f"{library}."):
            for module, alias in list(import_hook.references(library, replacement)):
                setattr(module, alias, original)


def _current() -> Any:
    return getattr(sys.modules.get(_MODULE), _FUNCTION, None)
