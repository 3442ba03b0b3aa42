"""Libraries for which the SDK has an integration that enables itself: one, ten, and most of those that there are.

The SDK has about forty. What is not among these does not install beside the others in reasonable time.
"""

from __future__ import annotations

ONE = ("starlette",)
TEN = (
    *ONE,
    "aiohttp",
    "boto3",
    "celery",
    "fastapi",
    "httpx",
    "openai",
    "pymongo",
    "redis",
    "sqlalchemy",
)
MOST = (
    *TEN,
    "anthropic",
    "asyncpg",
    "bottle",
    "clickhouse-driver",
    "cohere",
    "django",
    "falcon",
    "flask",
    "google-genai",
    "gql",
    "httpx2",
    "huey",
    "huggingface-hub",
    "litestar",
    "loguru",
    "mcp",
    "openai-agents",
    "pydantic-ai-slim",
    "pyramid",
    "quart",
    "rq",
    "sanic",
    "strawberry-graphql",
    "tornado",
)
