"""The error family: what is wrong, whence it came, what is allowed, the remedy, and a slug that the docs explain."""

from __future__ import annotations


class AutoconfError(Exception):
    """Base of all errors that this package reports to a person; `docs/messages.md` has a section for each `slug`."""

    slug = "error"

    def __init_subclass__(cls, slug: str = "") -> None:
        """Take the slug here or in the class."""
        cls.slug = slug or cls.slug

    def __init__(self, what: str, *, remedy: str = "") -> None:
        """Keep `what` (with its source and what is allowed) and `remedy`, both free of secrets."""
        super().__init__(what)
        self.what = what
        self.remedy = remedy

    def __str__(self) -> str:
        """Return the whole message on one line, slug last."""
        parts = [self.what.rstrip(".") + ".", self.remedy, f"[{self.slug}]"]
        return " ".join(" ".join(part.split()) for part in parts if part)


class InvalidSettingError(AutoconfError, slug="invalid-setting"):
    """A value that its option does not allow."""


class UnknownSettingError(AutoconfError, slug="unknown-setting"):
    """A variable whose name is not a setting, but nearly one."""


class UnresolvedImportError(AutoconfError, slug="unresolved-import"):
    """An import string that leads nowhere, or to something that cannot be used there."""


class UnknownIntegrationError(AutoconfError, slug="unknown-integration"):
    """An integration name that the installed SDK does not have."""


class UnsupportedOptionError(AutoconfError, slug="unsupported-option"):
    """An option that the installed SDK does not know."""


class UnreadableSecretError(AutoconfError, slug="unreadable-secret"):
    """A secrets directory or file that cannot be read."""


class SdkError(AutoconfError, slug="sdk-init-failed"):
    """`sentry_sdk.init` itself raised."""


class IntegrationError(AutoconfError, slug="integration-failed"):
    """An integration of the SDK that raised when it was set up: the app goes without it."""


class EventLoopError(AutoconfError, slug="no-asyncio-loop"):
    """An integration of the SDK that needs another event loop than the one that serves: the app goes without it."""


class AdapterError(AutoconfError, slug="adapter-failed"):
    """A server adapter that cannot be loaded, failed, or found no seam in this release of its server."""


class DependencyError(AutoconfError, slug="missing-dependency"):
    """A package that this one needs is missing in the app's environment, or too old."""


class OtherReleaseError(AutoconfError, slug="other-release"):
    """A bootstrap of another release than the package that the environment has, which serves."""


class UnknownServerError(AutoconfError, slug="unknown-server"):
    """A server that has no adapter."""


class UnexpectedError(AutoconfError, slug="unexpected-error"):
    """A defect of this package: the app is served without it."""


class InvalidPolicyError(AutoconfError, slug="invalid-policy"):
    """A policy that cannot be read, or says what makes no sense: nothing leaves the process."""


class MissingSettingError(AutoconfError, slug="missing-setting"):
    """A setting that a policy requires, and nobody says."""


class PolicyChangeError(AutoconfError, slug="policy-change"):
    """A changed policy that does not count, or of which a part waits for the next start."""


class ContradictingPoliciesError(AutoconfError, slug="contradicting-policies"):
    """Two policies that enforce different values, or limits that leave no value."""


class NotPermittedError(AutoconfError, slug="not-permitted"):
    """A destination that a policy does not permit: nothing is sent there."""


class UnheldTransportError(AutoconfError, slug="unheld-transport"):
    """A transport that sends wherever it likes, past a policy's rule for the DSN."""


class UnreadableConfigError(AutoconfError, slug="unreadable-config"):
    """An app's config file that cannot be read."""


class ConfiguratorError(AutoconfError, slug="configurator-failed"):
    """An organisation's configurator that cannot be loaded, or failed: nothing leaves the process."""


class StatusError(AutoconfError, slug="unwritable-status"):
    """A status file that cannot be written."""


class RedirectedError(AutoconfError, slug="redirected"):
    """A destination that gives way to the inbox of `run --inbox`."""


class AppInitError(AutoconfError, slug="app-init"):
    """What an app's own `sentry_sdk.init` changed, and what of it a policy did not permit."""


_TELL_ITS_AUTHORS = "Tell the adapter's authors, or name its server in SENTRY_ASGI_DISABLED_SERVERS."


def of_stage(error: Exception, adapter_of: str | None = None) -> AutoconfError:
    """Return what to say of a failure on the way to the served app, ours or that of the adapter of a server."""
    failed = f"{type(error).__name__}: {error}: the app is served without Sentry"
    if adapter_of:
        return AdapterError(f"The adapter of {adapter_of} failed with {failed}", remedy=_TELL_ITS_AUTHORS)
    if isinstance(error, AutoconfError):
        return error
    if isinstance(error, ImportError):
        what = f"{error}: the app is served without Sentry"
        remedy = (
            "pip install 'sentry-sdk>=2.0.1' in the app's environment, or write an incomplete bundle again."
        )
        return DependencyError(what, remedy=remedy)
    return UnexpectedError(failed, remedy="Please report it, with the output under SENTRY_DEBUG=true.")


def of_join(adapter: str, trigger: str, error: Exception) -> AdapterError:
    """Return what to say of an adapter that could not be loaded or did not join its server."""
    if isinstance(error, AdapterError):
        return AdapterError(f"{error.what} by {adapter} for {trigger}", remedy=error.remedy)
    failed = f"failed with {type(error).__name__}: {error}"
    return AdapterError(f"The adapter {adapter} for {trigger} {failed}", remedy=_TELL_ITS_AUTHORS)


def of_metadata(trigger: str) -> AdapterError:
    """Return what to say of a trigger module for which no adapter is declared."""
    return AdapterError(
        f"No installed distribution declares an adapter for {trigger}: what it serves is not instrumented",
        remedy="Install the distribution that has the adapter, with its metadata (pip install, also with --target):"
        " sentry-asgi-autoconf, or the one for which SENTRY_ASGI_WATCH names the module.",
    )


def of_other_release(place: str, version: str, own: str) -> OtherReleaseError:
    """Return what to say of a bootstrap that would bring another release of this package than the environment has."""
    return OtherReleaseError(
        f"The bootstrap in {place} has release {version}; the app's environment has {own}, which is used",
        remedy="Bring both to the same release, or uninstall the package from the environment.",
    )
