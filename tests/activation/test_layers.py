"""Every option, set in all layers at once: the highest wins, its source is named, and a policy stands above all."""

from __future__ import annotations

from pathlib import Path

import pytest

from sentry_asgi_autoconf.policy.enforcement import CHAINED
from sentry_asgi_autoconf.policy.limits import limits_numbers, limits_texts
from sentry_asgi_autoconf.sdk.arguments import EXPERIMENTS
from sentry_asgi_autoconf.settings.options import SDK_OPTIONS
from tests.activation.layering import APP, ENFORCED, JOINED, LAYERS, Layering, arguments_of

OPTIONS = tuple(SDK_OPTIONS)
NUMBERS = [name for name in OPTIONS if limits_numbers(name)]
TEXTS = [name for name in OPTIONS if limits_texts(name)]

# What is said of them even where nothing is set.
UNSET = {"dsn": "", "spotlight": False, "_experiments": EXPERIMENTS}
REDACTING = (
    "before_send",
    "before_send_transaction",
    "before_send_log",
    "before_send_metric",
    "event_scrubber",
)


@pytest.fixture
def layering(field_name: str, tmp_path: Path) -> Layering:
    """Return the layers of an option."""
    return Layering(tmp_path, field_name)


@pytest.mark.parametrize("field_name", OPTIONS)
def test_the_highest_layer_wins_and_is_named_and_without_it_the_next(layering: Layering) -> None:
    for height in range(len(LAYERS), 0, -1):
        loaded = layering.load(height)
        setting = loaded.settings[layering.name]
        below = list(reversed(range(height - 1)))
        assert str(setting.origin) == layering.origin(height - 1)
        assert [str(each.origin) for each in setting.overrode] == [layering.origin(layer) for layer in below]
        assert (setting.forbidden, setting.wanted, setting.ruled_by) == ((), None, "")
        assert layering.effect(arguments_of(loaded).own()) == layering.effect_of(height - 1)
    loaded = layering.load(0)
    assert layering.name not in loaded.settings
    arguments = arguments_of(loaded).own()
    if layering.name not in REDACTING:
        assert arguments.get(layering.name) == UNSET.get(layering.name)  # the SDK's default applies


@pytest.mark.parametrize("field_name", OPTIONS)
def test_the_app_s_own_init_wins_over_every_layer_below_it(layering: Layering) -> None:
    wanted = layering.argument(APP)
    for height in range(len(LAYERS), -1, -1):
        merged = arguments_of(layering.load(height)).of_app({layering.name: wanted})
        # What the settings name is used beside what the app names.
        beside = [height - 1] if layering.field_name in JOINED and height else []
        assert layering.effect(merged.arguments) == layering.effect_of(APP, *beside)
        assert merged.refusals == []
        is_same = height and isinstance(wanted, (bool, str)) and layering.argument(height - 1) == wanted
        assert merged.changed == ([] if is_same else [layering.name])


@pytest.mark.parametrize("field_name", OPTIONS)
def test_an_enforced_value_wins_over_everything_and_says_where_it_stands(layering: Layering) -> None:
    enforced = {layering.field_name: layering.value(ENFORCED)}
    loaded = layering.load(len(LAYERS), enforced=enforced)
    arguments = arguments_of(loaded)
    merged = arguments.of_app({layering.name: layering.argument(APP)})
    if layering.field_name in CHAINED:
        assert layering.effect(arguments.own()) == layering.effect_of(len(LAYERS) - 1, ENFORCED)
        assert layering.effect(merged.arguments) == layering.effect_of(APP, ENFORCED)
        assert (merged.changed, merged.refusals) == ([layering.name], [])
        assert str(loaded.enforcement.source_of(layering.name)) == layering.in_policy("enforced")
        return
    setting = loaded.settings[layering.name]
    assert str(setting.origin) == layering.in_policy("enforced")
    assert [str(each.origin) for each in setting.overrode] == [
        layering.origin(layer) for layer in reversed(range(len(LAYERS)))
    ]
    assert layering.effect(arguments.own()) == layering.effect_of(ENFORCED)
    assert layering.effect(merged.arguments) == layering.effect_of(ENFORCED)
    assert merged.changed == []
    (refusal,) = merged.refusals
    assert (refusal.name, refusal.source) == (layering.name, layering.in_policy("enforced"))


@pytest.mark.parametrize("bound", ["max", "min"])
@pytest.mark.parametrize("field_name", NUMBERS)
def test_a_number_is_brought_within_its_limit_whoever_sets_it(bound: str, layering: Layering) -> None:
    limit = {"max": 0.05, "min": 0.95} if layering.value(0) < 1 else {"max": 5, "min": 95}
    loaded = layering.load(len(LAYERS), limits={layering.field_name: {bound: limit[bound]}})
    setting = loaded.settings[layering.name]
    assert (setting.value, setting.wanted) == (limit[bound], layering.value(len(LAYERS) - 1))
    assert str(setting.origin) == layering.origin(len(LAYERS) - 1)
    assert setting.ruled_by == layering.in_policy("limits")
    arguments = arguments_of(loaded)
    assert arguments.own()[layering.name] == limit[bound]
    merged = arguments.of_app({layering.name: layering.argument(APP)})
    assert merged.arguments[layering.name] == limit[bound]
    assert merged.changed == []
    (refusal,) = merged.refusals
    assert (refusal.wanted, refusal.applied) == (layering.argument(APP), limit[bound])
    assert refusal.source == layering.in_policy("limits")


@pytest.mark.parametrize("field_name", TEXTS)
def test_a_text_that_is_not_allowed_gives_way_to_the_next_lower_layer_s(layering: Layering) -> None:
    allowed = [_allowed(layering, layer) for layer in (0, 1)]
    loaded = layering.load(len(LAYERS), limits={layering.field_name: {"allow": allowed}})
    setting = loaded.settings[layering.name]
    winner = max(
        layer for layer in range(len(LAYERS)) if _allowed(layering, layer) in allowed
    )  # a choice of two has values in common
    assert str(setting.origin) == layering.origin(winner)
    assert [str(each.origin) for each in setting.forbidden] == [
        layering.origin(layer) for layer in range(len(LAYERS) - 1, winner, -1)
    ]
    if setting.forbidden:
        assert setting.ruled_by == layering.in_policy("limits")
    arguments = arguments_of(loaded)
    assert arguments.own()[layering.name] == layering.argument(winner)
    wanted = layering.argument(APP)
    merged = arguments.of_app({layering.name: wanted})
    if _allowed(layering, APP) in allowed:
        assert (merged.arguments[layering.name], merged.refusals) == (wanted, [])
        return
    assert merged.arguments[layering.name] == layering.argument(winner)
    (refusal,) = merged.refusals
    assert (refusal.wanted, refusal.applied) == (wanted, layering.argument(winner))
    assert refusal.source == layering.in_policy("limits")


def _allowed(layering: Layering, layer: int) -> str:
    """Return what allows a layer's text: of a URL, its host."""
    text: str = layering.value(layer)
    return text.partition("://")[2].rpartition("@")[2].partition("/")[0].partition(":")[0] or text
