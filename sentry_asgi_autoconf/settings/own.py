"""The settings of this package itself."""

from typing import Dict, List, Optional

from pydantic import BeforeValidator, Field, PlainValidator
from pydantic_settings import SettingsConfigDict
from typing_extensions import Annotated, Literal

from sentry_asgi_autoconf.settings import paths, shapes, texts, types
from sentry_asgi_autoconf.settings.base import Settings

# What a process heeds in its environment before it reads a policy, so that none can be above it.
BEFORE_POLICIES = ("enabled",)

LogLevel = Annotated[
    Literal["debug", "info", "warning", "error"],
    BeforeValidator(paths.log_level),
    types.Allowed("one of debug, info, warning, error", shapes.LOG_LEVELS),
]
Processes = Annotated[
    Literal["servers", "guarded", "all"],
    BeforeValidator(texts.lower_case),
    types.Allowed("one of servers, guarded, all"),
]
Integrations = Annotated[
    Literal["deferred", "eager"], BeforeValidator(texts.lower_case), types.Allowed("one of deferred, eager")
]
PathGlobs = Annotated[
    List[str],
    PlainValidator(paths.globs),
    types.Allowed(
        'a list of paths that start with "/" or "*", comma-separated or a JSON array', shapes.PATHS
    ),
]
RatesByPath = Annotated[
    Dict[str, float],
    PlainValidator(paths.rates),
    types.Allowed(
        'a JSON object of rates from 0 to 1 such as {"GET /health": 0, "/api/*": 0.5}', shapes.RATES_BY_PATH
    ),
]
OnAppInit = Annotated[
    Literal["merge", "keep", "replace"],
    BeforeValidator(texts.lower_case),
    types.Allowed("one of merge, keep, replace"),
]
Modules = Annotated[
    List[str],
    PlainValidator(paths.modules),
    types.Allowed("a list of module names, comma-separated or a JSON array", shapes.NAMES),
]
Distributions = Annotated[
    List[str],
    PlainValidator(paths.distributions),
    types.Allowed("a list of distributions, comma-separated or a JSON array", shapes.NAMES),
]
AppGlobs = Annotated[
    List[str],
    PlainValidator(paths.apps),
    types.Allowed("a list of globs package.module:attribute, comma-separated or a JSON array", shapes.APPS),
]


class OwnSettings(Settings):
    """sentry-asgi-autoconf itself."""

    model_config = SettingsConfigDict(env_prefix="SENTRY_ASGI_")

    enabled: types.Boolean = Field(
        True,
        description="Instrument at all; false leaves every process as if this package were not there.",
        examples=["false"],
    )
    strict: types.Boolean = Field(
        False,
        description="Refuse to start the server, with exit status 78, if a setting is refused.",
        examples=["true"],
    )
    log_level: LogLevel = Field(
        "warning",
        description="From which level on this package writes lines to standard error.",
        examples=["info"],
        json_schema_extra={"environment_only": True},
    )
    excluded_paths: PathGlobs = Field(
        [],
        description="Requests to these paths make no transaction; their errors are reported all the same.",
        examples=["/health,/metrics/*"],
    )
    traces_sample_rates: RatesByPath = Field(
        {},
        description="Trace rates by path, or method and path: the first match counts, else the general rate.",
        examples=['{"GET /health": 0, "/api/*": 0.5}'],
    )
    processes: Processes = Field(
        "servers",
        description="Which processes are instrumented: those that serve an app (servers), these and what the code of"
        " any other hands to its own init (guarded, which files may say too), or every Python process (all).",
        examples=["guarded"],
    )
    integrations: Integrations = Field(
        "deferred",
        description="When a library is instrumented: as the app imports it (deferred), or every installed one at"
        " start, imported for the purpose (eager).",
        examples=["eager"],
    )
    capture_5xx: types.Boolean = Field(
        False,
        description="Report a 5xx response that no captured error explains, as of an app that catches its errors"
        " and logs nothing.",
        examples=["true"],
    )
    attachments: types.Boolean = Field(
        True,
        description="Send the attachments of events.",
        examples=["false"],
    )
    user_fields: Optional[types.Names] = Field(
        None,
        description="The fields of an event's user that are sent, all if nothing is said; of an empty list none.",
        examples=["id"],
    )
    secrets_dir: Optional[types.FilePath] = Field(
        None,
        description="A directory with one file for each variable of the SDK that is mounted as a secret.",
        examples=["/run/secrets"],
        json_schema_extra={"environment_only": True},
    )
    watch: Modules = Field(
        [],
        description="Modules whose import activates a third party's server adapter, read when Python starts.",
        examples=["myserver.app"],
        json_schema_extra={"environment_only": True},
    )
    disabled_servers: Distributions = Field(
        [],
        description="Servers that are left alone, by the name of their distribution.",
        examples=["daphne,ray"],
    )
    excluded_apps: AppGlobs = Field(
        [],
        description="Apps that are left alone, by the import string that leads to them.",
        examples=["flower.app:*,*:admin_app"],
    )
    on_app_init: OnAppInit = Field(
        "merge",
        description="What an app's own sentry_sdk.init does: its arguments are put over the settings (merge), are"
        " passed over (keep), or stand alone (replace); a policy holds in any case.",
        examples=["keep"],
    )
    config: Optional[types.FilePath] = Field(
        None,
        description="The app's config file in TOML, in place of the pyproject.toml next to the app.",
        examples=["/srv/shop/sentry.toml"],
        json_schema_extra={"environment_only": True},
    )
    policy: Optional[types.FilePath] = Field(
        None,
        description="The file of a policy: defaults, limits and enforced values for many services.",
        examples=["/opt/platform/sentry-policy.toml"],
        json_schema_extra={"environment_only": True},
    )
    status_dir: Optional[types.FilePath] = Field(
        None,
        description="A directory in which each process keeps one small JSON file that tells its state.",
        examples=["/run/sentry-asgi"],
        json_schema_extra={"environment_only": True},
    )
