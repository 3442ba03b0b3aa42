"""The settings of this package itself."""

from __future__ import annotations

import functools
from types import SimpleNamespace

from sentry_asgi_autoconf.settings import kinds
from sentry_asgi_autoconf.settings.kinds import Option, by_name

# What a process heeds in its environment before it reads a policy, so that none can be above it.
BEFORE_POLICIES = ("enabled",)

_own = functools.partial(Option, prefix="SENTRY_ASGI_")

# fmt: off
OWN_SETTINGS = by_name(
    _own("enabled", kinds.BOOLEAN, "false",
        "Instrument at all; false leaves every process as if this package were not there; if this is not set, the "
        "file that `install` writes does nothing.", default=True),
    _own("strict", kinds.BOOLEAN, "true",
        "Refuse to start the server, with exit status 78, if a setting is refused.", default=False),
    _own("log_level", kinds.LOG_LEVEL, "info",
        "The lowest level of the lines that this package writes to standard error.",
        default="warning", is_environment_only=True),
    _own("excluded_paths", kinds.PATH_GLOBS, "/health,/metrics/*",
        "Requests to these paths make no transaction; their errors are reported all the same.", default=[]),
    _own("traces_sample_rates", kinds.RATES_BY_PATH, '{"GET /health": 0, "/api/*": 0.5}',
        "Trace rates by path, or method and path: the first match counts; without one, the general rate.", default={}),
    _own("traces_per_second", kinds.PER_SECOND, "10",
        "How many traces each process begins per second at most: rates are lowered to that, with an "
        "equal share for each route."),
    _own("events_per_minute", kinds.PER_MINUTE, "20",
        "How many events of one fingerprint each process sends per minute at most; the next event tells how many were "
        "held back."),
    _own("processes", kinds.PROCESSES, "guarded",
        "Which processes are instrumented: those that serve an app (servers); these, and the arguments of "
        "sentry_sdk.init in any other process (guarded, which files may set too); or every Python process (all).",
        default="servers"),
    _own("integrations", kinds.INSTRUMENTATION, "eager",
        "When a library is instrumented: when the app imports it (deferred), or at start, where every installed "
        "library is imported for this (eager).", default="deferred"),
    _own("integration_options", kinds.MAPPINGS, '{"starlette": {"failed_request_status_codes": [500, 503]}}',
        "Arguments of integrations, by the integrations' short names; the SDK's pages list the arguments.",
        default={}, prefix="SENTRY_"),
    _own("capture_5xx", kinds.BOOLEAN, "true",
        "Report a 5xx response that no captured error explains, for example of an app that catches its errors and "
        "logs nothing.", default=False),
    _own("tags", kinds.TAGS, "team=shop,region=eu-1",
        "Tags of every event, transaction, log and metric; those of several layers are merged.",
        default={}, prefix="SENTRY_"),
    _own("platform", kinds.FROM_PLATFORM, "release,tags",
        "What is taken from variables of Kubernetes, OpenTelemetry, Render, Railway, Vercel, Fly, Heroku, Cloud Run, "
        "GitHub and GitLab, and from the app's package, if no setting gives it.",
        default=["release", "environment", "server_name", "tags", "in_app"]),
    _own("health_checks", kinds.HEALTH_CHECKS, "ignore",
        "What the probes of Kubernetes, load balancers and uptime checkers make: transactions like any other request "
        "(report), or none (ignore); their errors are reported all the same.", default="report"),
    _own("traceparent", kinds.BOOLEAN, "false",
        "Continue the trace of a caller that sends W3C's traceparent and no sentry-trace, as OpenTelemetry does.",
        default=True),
    _own("scrub_keys", kinds.NAMES, "ssn,iban,birth_date",
        "Further names whose values are filtered everywhere, like those of passwords and tokens.",
        default=[]),
    _own("scrub_patterns", kinds.SCRUB_PATTERNS, r"card,email,ORD-\d{6}",
        "What is replaced in all text that is sent: card, iban, jwt, email, aws-key, private-key, and regular "
        "expressions of your own.", default=[]),
    _own("attachments", kinds.BOOLEAN, "false", "Send the attachments of events.", default=True),
    _own("user_fields", kinds.NAMES, "id",
        "Which fields of an event's user are sent: all if unset, none with an empty list."),
    _own("secrets_dir", kinds.FILE_PATH, "/run/secrets",
        "A directory with one file for each variable of the SDK that is mounted as a secret.",
        is_environment_only=True),
    _own("watch", kinds.MODULES, "myserver.app",
        "Modules whose import activates a third party's server adapter, read when Python starts.",
        default=[], is_environment_only=True),
    _own("disabled_servers", kinds.DISTRIBUTIONS, "daphne,ray",
        "Servers that are left alone, by the name of their distribution.", default=[]),
    _own("excluded_apps", kinds.APP_GLOBS, "flower.app:*,*:admin_app",
        "Apps that are left alone, by the import string that leads to them.", default=[]),
    _own("on_app_init", kinds.ON_APP_INIT, "keep",
        "What an app's own sentry_sdk.init does: its arguments override the settings (merge), are ignored (keep), "
        "or replace all settings (replace); a policy applies in any case.", default="merge"),
    _own("config", kinds.FILE_PATH, "/srv/shop/sentry.toml",
        "The app's config file in TOML, in place of the pyproject.toml next to the app.", is_environment_only=True),
    _own("policy", kinds.FILE_PATH, "/opt/platform/sentry-policy.toml",
        "The file of a policy: defaults, limits and enforced values for many services.", is_environment_only=True),
    _own("status_dir", kinds.FILE_PATH, "/run/sentry-asgi",
        "A directory in which each process keeps one small JSON file with its state, and with counts of what it sends.",
        is_environment_only=True),
    _own("status_line", kinds.BOOLEAN, "true",
        "Write the state of each process that serves once, as a line of JSON on standard error.",
        default=False, is_environment_only=True),
)
# fmt: on


# By their keys in files.
OWN_KEYS = {option.key: option for option in OWN_SETTINGS.values()}


class OwnValues(SimpleNamespace):
    """The value of each of these settings, by its name: the defaults, and what is given in their place."""

    def __init__(self, **values: object) -> None:
        super().__init__(**{**{name: option.default for name, option in OWN_SETTINGS.items()}, **values})
