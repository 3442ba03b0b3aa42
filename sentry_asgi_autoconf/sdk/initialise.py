"""Call `sentry_sdk.init` once, with what this package adds to the options: path sampling and redaction."""

from __future__ import annotations

from typing import Any, Callable, Dict, Mapping, Optional

import sentry_sdk
from sentry_sdk.integrations import DidNotEnable

from sentry_asgi_autoconf.exceptions import SdkError
from sentry_asgi_autoconf.sdk import redaction, sampling

ScopeGetter = Callable[[], Optional[Dict[str, Any]]]


def init(
    options: Mapping[str, Any],
    *,
    excluded_paths: list[str],
    traces_sample_rates: Mapping[str, float],
    current_scope: ScopeGetter,
) -> None:
    """Initialise the SDK.

    `options` are init's keyword arguments, `current_scope` gives the ASGI scope of the request being served.
    Raises SdkError if the SDK refuses them.
    """
    arguments = dict(options)
    # Said even where there is none, or the SDK would read a SENTRY_DSN that was refused.
    arguments.setdefault("dsn", "")
    if sampling.is_needed(arguments, excluded_paths, traces_sample_rates):
        arguments["traces_sampler"] = sampling.PathSampler(
            arguments.get("traces_sampler"),
            arguments.get("traces_sample_rate") or 0.0,
            excluded_paths,
            traces_sample_rates,
            current_scope,
        )
    redaction.add(arguments, current_scope)
    try:
        sentry_sdk.init(**arguments)
    except (DidNotEnable, ImportError, TypeError, ValueError, Warning) as error:
        raise SdkError(
            f"sentry_sdk.init refused the settings with {type(error).__name__}: {error}",
            remedy="Correct the option that it names, or remove it.",
        ) from error


def describe_server(server: Mapping[str, str]) -> None:
    """Tell in the context `asgi_server` of every event what serves this process."""
    sentry_sdk.Scope.get_global_scope().set_context("asgi_server", dict(server))


def withdraw() -> None:
    """Take the client away again; what the integrations have patched finds none, and does nothing."""
    sentry_sdk.get_client().close(timeout=0)
    sentry_sdk.get_global_scope().set_client(None)
