"""What the SDK's integration of OpenTelemetry's exporter leaves open; imported where there is one."""

from __future__ import annotations

import contextlib
import threading
import time
from typing import Any, Iterator

NAME = "otlp"


@contextlib.contextmanager
def keeping_propagators() -> Iterator[None]:
    """Put the propagators that OpenTelemetry has, W3C's as a rule, beside Sentry's that takes their place within this.

    So a caller's `traceparent` goes on there too, unless there is a `sentry-trace`, and is sent on.
    """
    from opentelemetry import propagate
    from opentelemetry.propagators.composite import CompositePropagator

    usual = propagate.get_global_textmap()
    yield
    of_sentry = propagate.get_global_textmap()
    if of_sentry is not usual:
        propagate.set_global_textmap(CompositePropagator([usual, of_sentry]))


@contextlib.contextmanager
def exported(client: Any, timeout: float) -> Iterator[None]:
    """Export the spans that have ended, while the SDK sends its own; wait `timeout` seconds for both at most.

    A server that ends by a signal runs no atexit, on which OpenTelemetry relies, and its exporter knows no deadline.
    """
    end = time.monotonic() + timeout
    thread = threading.Thread(target=_export, args=(client,), daemon=True)
    with contextlib.suppress(
        RuntimeError
    ):  # where the interpreter ends, OpenTelemetry's own atexit has its turn
        thread.start()
    yield
    if thread.ident:
        thread.join(max(end - time.monotonic(), 0.0))


def _export(client: Any) -> None:
    with contextlib.suppress(Exception):  # of an exporter, which nobody could heed any more
        if client.integrations[NAME].setup_otlp_traces_exporter:
            from opentelemetry.trace import get_tracer_provider

            provider: Any = get_tracer_provider()
            provider.force_flush()
