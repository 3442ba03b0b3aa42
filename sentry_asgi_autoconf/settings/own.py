"""The settings of this package itself."""

from __future__ import annotations

import functools
from types import SimpleNamespace

from sentry_asgi_autoconf.settings import kinds
from sentry_asgi_autoconf.settings.option import Option, by_name

# What a process heeds in its environment before it reads a policy, so that none can be above it.
BEFORE_POLICIES = ("enabled",)

_own = functools.partial(Option, prefix="SENTRY_ASGI_")

OWN_SETTINGS = by_name(
    _own(
        "enabled",
        kinds.BOOLEAN,
        "Instrument at all; false leaves every process as if this package were not there.",
        "false",
        default=True,
    ),
    _own(
        "strict",
        kinds.BOOLEAN,
        "Refuse to start the server, with exit status 78, if a setting is refused.",
        "true",
        default=False,
    ),
    _own(
        "log_level",
        kinds.LOG_LEVEL,
        "From which level on this package writes lines to standard error.",
        "info",
        default="warning",
        is_environment_only=True,
    ),
    _own(
        "excluded_paths",
        kinds.PATH_GLOBS,
        "Requests to these paths make no transaction; their errors are reported all the same.",
        "/health,/metrics/*",
        default=[],
    ),
    _own(
        "traces_sample_rates",
        kinds.RATES_BY_PATH,
        "Trace rates by path, or method and path: the first match counts, else the general rate.",
        '{"GET /health": 0, "/api/*": 0.5}',
        default={},
    ),
    _own(
        "processes",
        kinds.PROCESSES,
        "Which processes are instrumented: those that serve an app (servers), these and what the code"
        " of any other hands to its own init (guarded, which files may say too), or every Python"
        " process (all).",
        "guarded",
        default="servers",
    ),
    _own(
        "integrations",
        kinds.INSTRUMENTATION,
        "When a library is instrumented: as the app imports it (deferred), or every installed one at"
        " start, imported for the purpose (eager).",
        "eager",
        default="deferred",
    ),
    _own(
        "capture_5xx",
        kinds.BOOLEAN,
        "Report a 5xx response that no captured error explains, as of an app that catches its errors"
        " and logs nothing.",
        "true",
        default=False,
    ),
    _own("attachments", kinds.BOOLEAN, "Send the attachments of events.", "false", default=True),
    _own(
        "user_fields",
        kinds.NAMES,
        "The fields of an event's user that are sent, all if nothing is said; of an empty list none.",
        "id",
    ),
    _own(
        "secrets_dir",
        kinds.FILE_PATH,
        "A directory with one file for each variable of the SDK that is mounted as a secret.",
        "/run/secrets",
        is_environment_only=True,
    ),
    _own(
        "watch",
        kinds.MODULES,
        "Modules whose import activates a third party's server adapter, read when Python starts.",
        "myserver.app",
        default=[],
        is_environment_only=True,
    ),
    _own(
        "disabled_servers",
        kinds.DISTRIBUTIONS,
        "Servers that are left alone, by the name of their distribution.",
        "daphne,ray",
        default=[],
    ),
    _own(
        "excluded_apps",
        kinds.APP_GLOBS,
        "Apps that are left alone, by the import string that leads to them.",
        "flower.app:*,*:admin_app",
        default=[],
    ),
    _own(
        "on_app_init",
        kinds.ON_APP_INIT,
        "What an app's own sentry_sdk.init does: its arguments are put over the settings (merge), are"
        " passed over (keep), or stand alone (replace); a policy holds in any case.",
        "keep",
        default="merge",
    ),
    _own(
        "config",
        kinds.FILE_PATH,
        "The app's config file in TOML, in place of the pyproject.toml next to the app.",
        "/srv/shop/sentry.toml",
        is_environment_only=True,
    ),
    _own(
        "policy",
        kinds.FILE_PATH,
        "The file of a policy: defaults, limits and enforced values for many services.",
        "/opt/platform/sentry-policy.toml",
        is_environment_only=True,
    ),
    _own(
        "status_dir",
        kinds.FILE_PATH,
        "A directory in which each process keeps one small JSON file that tells its state.",
        "/run/sentry-asgi",
        is_environment_only=True,
    ),
)


class OwnValues(SimpleNamespace):
    """The value of each of these settings, by its name: the defaults, and what is given in their place."""

    def __init__(self, **values: object) -> None:
        """Take the values by name."""
        super().__init__(**{**{name: option.default for name, option in OWN_SETTINGS.items()}, **values})
