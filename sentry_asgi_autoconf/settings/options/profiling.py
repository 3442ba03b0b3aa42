"""Options of the profiler."""

from typing import Optional

from pydantic import Field

from sentry_asgi_autoconf.settings import types
from sentry_asgi_autoconf.settings.base import Settings


class ProfilingOptions(Settings):
    """Profiling."""

    profile_session_sample_rate: Optional[types.Rate] = Field(
        None,
        description="The share of processes that run the continuous profiler.",
        examples=["1"],
    )
    profile_lifecycle: Optional[types.ProfileLifecycle] = Field(
        None,
        description="Profile while a request is traced (trace), or when your code says so (manual).",
        examples=["trace"],
    )
    profiler_mode: Optional[types.ProfilerMode] = Field(
        None,
        description="How the profiler samples: from a thread or from a gevent greenlet; sleep means thread.",
        examples=["thread"],
    )
    profiles_sample_rate: Optional[types.Rate] = Field(
        None,
        description="Deprecated by the SDK: the share of traced requests that gets a profile of its own.",
        examples=["0.1"],
    )
    profiles_sampler: Optional[types.Reference] = Field(
        None,
        description="Deprecated by the SDK: a function that gives that share for one request.",
        examples=["myapp.sentry:profiles_sampler"],
    )
