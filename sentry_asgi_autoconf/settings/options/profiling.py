"""Options of the profiler."""

from sentry_asgi_autoconf.settings import kinds
from sentry_asgi_autoconf.settings.option import Group, Option

PROFILING = Group(
    "Profiling",
    (
        Option(
            "profile_session_sample_rate",
            kinds.RATE,
            "The share of processes that run the continuous profiler.",
            "1",
        ),
        Option(
            "profile_lifecycle",
            kinds.PROFILE_LIFECYCLE,
            "Profile while a request is traced (trace), or when your code says so (manual).",
            "trace",
        ),
        Option(
            "profiler_mode",
            kinds.PROFILER_MODE,
            "How the profiler samples: from a thread or from a gevent greenlet; sleep means thread.",
            "thread",
        ),
        Option(
            "profiles_sample_rate",
            kinds.RATE,
            "Deprecated by the SDK: the share of traced requests that gets a profile of its own.",
            "0.1",
        ),
        Option(
            "profiles_sampler",
            kinds.REFERENCE,
            "Deprecated by the SDK: a function that gives that share for one request.",
            "myapp.sentry:profiles_sampler",
        ),
    ),
)
