"""Every option, set in all layers at once, in a process: what the SDK's client has, and what the status tells."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from sentry_asgi_autoconf.policy.enforcement import CHAINED
from sentry_asgi_autoconf.settings.options import SDK_OPTIONS
from tests.activation.layering import APP, ENFORCED, JOINED, LAYERS, Layering
from tests.harness.boots import Boots

HIGHEST = len(LAYERS) - 1
# It tells what the client has, by what layers set, before and after an init of the app's own.
PROCESS = f"""
import json, os, pathlib
import sentry_sdk
from sentry_asgi_autoconf import activate
from tests.activation.layering import Layering

directory, field_name = given
layering = Layering(pathlib.Path(directory), field_name)


def layers_of_the_client():
    found = dict(sentry_sdk.get_client().options)
    if field_name == "data_collection":  # the SDK says what it leaves open, too
        found[field_name] = {{name: found[field_name][name] for name in layering.argument(0)}}
    effect = layering.effect(found)
    candidates = [[layer] for layer in range({ENFORCED + 1})]
    candidates += [[one, other] for one in range({ENFORCED + 1}) for other in range({ENFORCED + 1})]
    return [each for each in candidates if layering.effect_of(*each) == effect] or repr(effect)


report["active"] = activate().active
report["ours"] = layers_of_the_client()
sentry_sdk.init(**{{layering.name: layering.argument({APP})}})
report["the app's"] = layers_of_the_client()
files = pathlib.Path(os.environ["SENTRY_ASGI_STATUS_DIR"]).glob(f"*-{{os.getpid()}}.json")
report["told"] = json.loads(next(files).read_text())
"""
LINE = next(
    number for number, line in enumerate(PROCESS.splitlines(), 1) if line.startswith("sentry_sdk.init(")
)


@pytest.mark.parametrize("field_name", sorted(SDK_OPTIONS))
def test_the_highest_layer_wins_in_the_sdk_s_client_and_its_source_is_told(
    field_name: str, boots: Boots, tmp_path: Path
) -> None:
    layering = Layering(tmp_path, field_name)
    told = report(boots, layering, {}, tmp_path)
    assert [HIGHEST] in told["ours"]
    beside = [HIGHEST] if field_name in JOINED else []
    assert [APP, *beside] in told["the app's"]
    assert told["told"]["sources"][layering.name] == layering.origin(HIGHEST)
    (init,) = told["told"]["app_init"]
    assert (init["at"], init["refused"]) == (f"<string>:{LINE}", {})
    is_same = layering.argument(APP) == layering.argument(HIGHEST)
    assert init["sets"] == ([] if is_same else [layering.name])


@pytest.mark.parametrize("field_name", sorted(SDK_OPTIONS))
def test_an_enforced_value_wins_in_the_sdk_s_client_and_its_source_is_told(
    field_name: str, boots: Boots, tmp_path: Path
) -> None:
    layering = Layering(tmp_path, field_name)
    told = report(boots, layering, {field_name: layering.value(ENFORCED)}, tmp_path)
    (init,) = told["told"]["app_init"]
    if field_name in CHAINED:
        assert [HIGHEST, ENFORCED] in told["ours"]
        assert [APP, ENFORCED] in told["the app's"]
        assert (init["sets"], init["refused"]) == ([layering.name], {})
        return
    assert [ENFORCED] in told["ours"]
    assert [ENFORCED] in told["the app's"]
    assert told["told"]["sources"][layering.name] == layering.in_policy("enforced")
    assert (init["sets"], init["refused"]) == ([], {layering.name: layering.in_policy("enforced")})


def report(boots: Boots, layering: Layering, enforced: dict[str, Any], directory: Path) -> dict[str, Any]:
    """Set the option in all layers, and give what the process reports."""
    status = directory / "status"
    status.mkdir()
    environ = {
        "SENTRY_DSN": "https://key@127.0.0.1:9/1",
        **layering.environ(len(LAYERS), enforced=enforced),
        "SENTRY_ASGI_STATUS_DIR": str(status),
    }
    booted = boots.boot(environ, PROCESS, [str(directory), layering.field_name])
    assert booted.status == 0, booted.output
    assert booted.report["active"]
    return booted.report
