"""The init stage: settings from the environment, one `sentry_sdk.init`, and a decision that says why (not)."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, NamedTuple, Sequence

from sentry_asgi_autoconf import console
from sentry_asgi_autoconf.exceptions import AutoconfError, SdkError

if TYPE_CHECKING:
    from sentry_asgi_autoconf.settings.loading import Loaded

# sysexits.h: EX_CONFIG.
CONFIGURATION_ERROR = 78


class Decision(NamedTuple):
    """What the init stage decided for this process, and why."""

    active: bool
    reason: str


def load() -> Loaded | Decision:
    """Read the settings, or say why they do not matter; nothing is imported where they name no destination."""
    from sentry_asgi_autoconf.settings import destination

    if not destination.has_destination(os.environ):
        return Decision(False, "neither SENTRY_DSN nor SENTRY_SPOTLIGHT is set")
    from sentry_asgi_autoconf.settings import loading

    loaded = loading.load(os.environ)
    return loaded if loaded.own.enabled else Decision(False, "SENTRY_ASGI_ENABLED is false")


def initialise(loaded: Loaded) -> Decision:
    """Initialise the SDK with what the settings say.

    Raises SystemExit with status 78 in strict mode, if a setting is refused.
    """
    from sentry_asgi_autoconf.sdk import initialise as sdk
    from sentry_asgi_autoconf.sdk import options as init_options
    from sentry_asgi_autoconf.wrapping import current_request

    options, problems = init_options.build(loaded.options, loaded.sources)
    _report([*loaded.problems, *problems], strict=loaded.own.strict)
    if not options.get("dsn") and not options.get("spotlight"):
        return Decision(False, "no valid SENTRY_DSN")
    try:
        sdk.init(
            options,
            excluded_paths=loaded.own.excluded_paths,
            traces_sample_rates=loaded.own.traces_sample_rates,
            current_scope=current_request.recall,
        )
    except SdkError as error:
        _report([error], strict=loaded.own.strict)
        return Decision(False, "sentry_sdk.init failed")
    return Decision(True, "sentry_sdk is initialised")


def withdraw() -> None:
    """Undo the initialisation."""
    from sentry_asgi_autoconf.sdk import initialise as sdk

    sdk.withdraw()


def refuse_bad_settings() -> None:
    """Exit with status 78 if the settings are strict and one of them is refused. Initialises nothing."""
    loaded = load()
    if not isinstance(loaded, Decision) and loaded.own.strict:
        from sentry_asgi_autoconf.sdk import options as init_options

        _, problems = init_options.build(loaded.options, loaded.sources)
        _report([*loaded.problems, *problems], strict=True)


def _report(problems: Sequence[AutoconfError], *, strict: bool) -> None:
    for problem in problems:
        console.say("error" if strict else "warning", problem)
    if strict and problems:
        raise SystemExit(CONFIGURATION_ERROR)
