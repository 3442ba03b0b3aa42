"""A client of the SDK with the arguments of the settings, whose envelopes stay here."""

from __future__ import annotations

from typing import Any, Mapping

import sentry_sdk
from sentry_sdk.envelope import Envelope
from sentry_sdk.integrations import DidNotEnable
from sentry_sdk.transport import Transport

from sentry_asgi_autoconf.exceptions import SdkError
from sentry_asgi_autoconf.integrations import event_loops
from sentry_asgi_autoconf.sdk import guard


class Recorder(Transport):
    """Keep what the SDK would send."""

    def __init__(self, options: dict[str, Any] | None = None) -> None:
        """Begin with nothing; the options are the client's."""
        super().__init__(options)
        self.envelopes: list[Envelope] = []

    def capture_envelope(self, envelope: Envelope) -> None:
        """Keep one envelope."""
        self.envelopes.append(envelope)


class RecordingClient:
    """Makes of an event what the SDK would send of it: sampled whatever chance says, unless the rate is 0."""

    def __init__(self, arguments: dict[str, Any]) -> None:
        """Make the client, which sets up integrations in this process. Raises SdkError."""
        self._recorder = Recorder()
        disabled = arguments.get("disabled_integrations") or ()
        self._disabled = {getattr(each, "identifier", None) for each in disabled}
        given = {**arguments, "transport": self._recorder, "spotlight": False}
        if given.get("sample_rate"):
            given["sample_rate"] = 1.0
        try:
            with guard.ours():
                event_loops.take_over()
                self._client: sentry_sdk.Client = event_loops.make_client(_made, given)
        except (DidNotEnable, ImportError, TypeError, ValueError, Warning) as error:
            raise SdkError(
                f"sentry_sdk.init refuses the settings with {type(error).__name__}: {error}",
                remedy="Correct the option that it names, or remove it.",
            ) from error

    @property
    def options(self) -> dict[str, Any]:
        """All options, the SDK's defaults among them."""
        return self._client.options

    @property
    def integrations(self) -> list[str]:
        """The names of the integrations that are set up."""
        return sorted(name for name in self._client.integrations if name not in self._disabled)

    def envelope_of(self, event: Any) -> Envelope | None:
        """Give the envelope of an event, None if a hook or a sampler drops it."""
        self._recorder.envelopes.clear()
        self._client.capture_event(event, scope=sentry_sdk.Scope())
        return self._recorder.envelopes[-1] if self._recorder.envelopes else None


def _made(arguments: Mapping[str, Any]) -> sentry_sdk.Client:
    return sentry_sdk.Client(**arguments)
