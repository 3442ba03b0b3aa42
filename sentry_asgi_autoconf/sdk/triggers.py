"""Which library each of the SDK's auto-enabling integrations is for."""

from __future__ import annotations

import importlib.util
from importlib.machinery import ModuleSpec, PathFinder
from typing import Mapping

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
