"""The usual transport, which keeps count of what it sends."""

from __future__ import annotations

from collections import Counter
from typing import Any, Iterable, Mapping

from sentry_asgi_autoconf.flushing.deliveries import deliveries
from sentry_asgi_autoconf.sdk.init_options import DirectTransport

# Of a client report, which tells of what was lost.
_INTERNAL = "internal"


class CountedTransport(DirectTransport):
    """What each method of the SDK's does, and a count of it."""

    def capture_envelope(self, envelope: Any) -> None:
        """Queue an envelope."""
        deliveries.capture(_quantities(envelope.items))
        super().capture_envelope(envelope)

    def record_lost_event(
        self, reason: str, data_category: Any = None, item: Any = None, **further: Any
    ) -> None:
        """Take note of a loss."""
        lost = _quantities([item]) if item is not None else {data_category: further.get("quantity", 1)}
        for category, quantity in lost.items():
            deliveries.lose(reason, category, quantity)
        super().record_lost_event(reason, data_category, item, **further)

    def _send_envelope(self, envelope: Any) -> None:
        with deliveries.delivering(_quantities(envelope.items)):
            super()._send_envelope(envelope)

    def _request(self, method: str, endpoint_type: Any, body: Any, headers: Mapping[str, str]) -> Any:
        try:
            response = super()._request(method, endpoint_type, body, headers)
        except Exception as error:
            deliveries.answer(type(error).__name__)
            raise
        deliveries.answer(response.status)
        return response


def _quantities(items: Iterable[Any]) -> dict[str, int]:
    """Return how many of each category there are: an item of logs, say, holds many."""
    found: Counter[str] = Counter()
    for item in items:
        if item.data_category != _INTERNAL:
            count = item.headers.get("item_count")
            found[item.data_category] += count if isinstance(count, int) else 1
    return found
