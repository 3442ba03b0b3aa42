"""The error family: what is wrong, whence it came, what is allowed, the remedy, and a slug that the docs explain."""

from __future__ import annotations


class AutoconfError(Exception):
    """Base of all errors that this package tells a person about.

    `docs/messages.md` has a section for each `slug`.
    """

    slug = "error"

    def __init__(self, what: str, *, remedy: str = "") -> None:
        """Keep `what` (with its source and what is allowed) and `remedy`, both free of secrets."""
        super().__init__(what)
        self.what = what
        self.remedy = remedy

    def __str__(self) -> str:
        """Give the whole message on one line, slug last."""
        parts = [self.what.rstrip(".") + ".", self.remedy, f"[{self.slug}]"]
        return " ".join(" ".join(part.split()) for part in parts if part)


class InvalidSettingError(AutoconfError):
    """A value that its option does not allow."""

    slug = "invalid-setting"


class UnknownSettingError(AutoconfError):
    """A variable whose name is no setting, but nearly one."""

    slug = "unknown-setting"


class UnresolvedImportError(AutoconfError):
    """An import string that leads nowhere, or to something that cannot be used there."""

    slug = "unresolved-import"


class UnknownIntegrationError(AutoconfError):
    """An integration name that the installed SDK does not have."""

    slug = "unknown-integration"


class UnsupportedOptionError(AutoconfError):
    """An option that the installed SDK does not know."""

    slug = "unsupported-option"


class UnreadableSecretError(AutoconfError):
    """A secrets directory or file that cannot be read."""

    slug = "unreadable-secret"


class SdkError(AutoconfError):
    """`sentry_sdk.init` itself raised."""

    slug = "sdk-init-failed"


class IntegrationError(AutoconfError):
    """An integration of the SDK that raised when it was set up: the app goes without it."""

    slug = "integration-failed"


class EventLoopError(AutoconfError):
    """An integration of the SDK that needs another event loop than the one that serves: the app goes without it."""

    slug = "no-asyncio-loop"


class AdapterError(AutoconfError):
    """A server adapter that cannot be loaded, failed, or found no seam in this release of its server."""

    slug = "adapter-failed"


class DependencyError(AutoconfError):
    """A package that this one needs is missing in the app's environment, or too old."""

    slug = "missing-dependency"


class UnknownServerError(AutoconfError):
    """A server that has no adapter."""

    slug = "unknown-server"


class UnexpectedError(AutoconfError):
    """A defect of this package: the app is served without it."""

    slug = "unexpected-error"


class InvalidPolicyError(AutoconfError):
    """A policy that cannot be read, or says what makes no sense: nothing leaves the process."""

    slug = "invalid-policy"


class ContradictingPoliciesError(AutoconfError):
    """Two policies that enforce different values, or limits that leave no value."""

    slug = "contradicting-policies"


class NotPermittedError(AutoconfError):
    """A destination that a policy does not permit: nothing is sent there."""

    slug = "not-permitted"


class UnheldTransportError(AutoconfError):
    """A transport that sends wherever it likes, past a policy's rule for the DSN."""

    slug = "unheld-transport"


class UnreadableConfigError(AutoconfError):
    """An app's config file that cannot be read."""

    slug = "unreadable-config"


class ConfiguratorError(AutoconfError):
    """An organisation's configurator that cannot be loaded, or failed: nothing leaves the process."""

    slug = "configurator-failed"


class StatusError(AutoconfError):
    """A status file that cannot be written."""

    slug = "unwritable-status"


class RedirectedError(AutoconfError):
    """A destination that gives way to the inbox of `run --inbox`."""

    slug = "redirected"


class AppInitError(AutoconfError):
    """What an app's own `sentry_sdk.init` changed, and what of it a policy did not permit."""

    slug = "app-init"


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
