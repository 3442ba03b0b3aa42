"""Which rates are known before there is a transaction, so that none is made for what is not sent."""

from __future__ import annotations

import math
from typing import Any

import pytest

from sentry_asgi_autoconf.serving.traced_request import _is_rate, _rates


@pytest.mark.parametrize("rate", [0, 0.0, 0.5, 1, 1.0, True])
def test_a_number_from_0_to_1_is_a_rate(rate: Any) -> None:
    assert _is_rate(rate)


@pytest.mark.parametrize("rate", [-0.1, 1.1, math.nan, math.inf, "0.5", None])
def test_nothing_else_is_a_rate(rate: Any) -> None:
    assert not _is_rate(rate)


def test_a_general_rate_is_known_and_heeds_what_callers_have_decided() -> None:
    rates = _rates({"traces_sample_rate": 1.0, "instrumenter": "sentry"})
    assert rates is not None
    assert (rates.of({}), rates.heed_callers) == (1.0, True)


@pytest.mark.parametrize(
    "options",
    [
        {"traces_sample_rate": None},
        {"traces_sample_rate": 1.0, "instrumenter": "otel"},
        {"traces_sample_rate": 1.0, "traces_sampler": lambda context: 1.0},
    ],
)
def test_other_options_leave_it_to_the_sdk(options: dict[str, Any]) -> None:
    assert _rates(options) is None
