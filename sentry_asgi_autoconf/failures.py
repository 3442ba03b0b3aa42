"""Put into words what failed, of ours or of an adapter, and what to do."""

from __future__ import annotations

from sentry_asgi_autoconf.exceptions import AdapterError, AutoconfError, DependencyError, UnexpectedError

_TELL_ITS_AUTHORS = "Tell its authors, or name its server in SENTRY_ASGI_DISABLED_SERVERS."


def of_stage(error: Exception, adapter_of: str | None = None) -> AutoconfError:
    """Tell of a failure on the way to the served app, of the adapter of a server `adapter_of` or of ours."""
    outcome = "the app is served without us"
    if adapter_of:
        what = f"The adapter of {adapter_of} failed with {_described(error)}: {outcome}"
        return AdapterError(what, remedy=_TELL_ITS_AUTHORS)
    if isinstance(error, AutoconfError):
        return error
    if isinstance(error, ImportError):
        return DependencyError(
            f"{error}: {outcome}",
            remedy="pip install 'sentry-sdk>=2' in the app's environment.",
        )
    return UnexpectedError(
        f"{_described(error)}: {outcome}", remedy="Please report it, with SENTRY_DEBUG=true's output."
    )


def of_join(adapter: str, trigger: str, error: Exception) -> AdapterError:
    """Tell of an adapter that could not be loaded or did not join its server."""
    if isinstance(error, AdapterError):
        return AdapterError(f"{error.what} by {adapter} for {trigger}", remedy=error.remedy)
    what = f"The adapter {adapter} for {trigger} failed with {_described(error)}"
    return AdapterError(what, remedy=_TELL_ITS_AUTHORS)


def of_metadata(trigger: str) -> AdapterError:
    """Tell of a trigger module for which no adapter is declared."""
    return AdapterError(
        f"No installed distribution declares an adapter for {trigger}: what it serves is not instrumented",
        remedy="Install with its metadata (pip install, also with --target) what has the adapter:"
        " sentry-asgi-autoconf, or the one for which SENTRY_ASGI_WATCH names the module.",
    )


def _described(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"
