"""An import string that leads nowhere does not count: the layer below applies, in process, status file and `config`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Callable, Collection

import pytest

from sentry_asgi_autoconf.activation import init_arguments, layers
from sentry_asgi_autoconf.settings import kinds
from sentry_asgi_autoconf.settings.options import SDK_OPTIONS
from tests.activation.layering import LAYERS, Layering, arguments_of
from tests.cli.explained import explain
from tests.harness.envelopes import Project
from tests.harness.policies import Policy
from tests.harness.server import APPS, Server, uvicorn

_IMPORTED = {
    kinds.REFERENCE.words: "no_such:thing",
    kinds.INTEGRATIONS.words: ["no_such:Thing"],
    kinds.ERRORS.words: ["no_such:Error"],
}
NOWHERE = {
    name: _IMPORTED[option.kind.words]
    for name, option in SDK_OPTIONS.items()
    if option.kind.words in _IMPORTED
}
HIGHEST = len(LAYERS) - 1


class PartlyNowhere(Layering):
    """One option, whose value leads nowhere in some of the layers."""

    def __init__(self, directory: Path, field_name: str, nowhere: Collection[int]) -> None:
        super().__init__(directory, field_name)
        self._nowhere = nowhere

    def value(self, layer: int) -> Any:
        """Return what a layer sets the option to."""
        return NOWHERE[self.field_name] if layer in self._nowhere else super().value(layer)


@pytest.mark.parametrize("field_name", NOWHERE)
@pytest.mark.parametrize("below", [0, 2, HIGHEST - 1])
def test_the_next_lower_layer_applies_and_is_named(field_name: str, below: int, tmp_path: Path) -> None:
    layering = PartlyNowhere(tmp_path, field_name, range(below + 1, len(LAYERS)))
    resolved = init_arguments.resolve(layering.load(len(LAYERS)))
    applies = layering.origin(below)
    setting = resolved.loaded.settings[layering.name]
    nowhere = [layering.origin(layer) for layer in range(HIGHEST, below, -1)]
    assert str(setting.origin) == str(resolved.loaded.sources[layering.name]) == applies
    assert [str(each.origin) for each in setting.left_out] == nowhere
    assert [str(each.origin) for each in setting.overrode] == [
        layering.origin(layer) for layer in reversed(range(below))
    ]
    assert [problem.slug for problem in resolved.problems] == ["unresolved-import"] * len(nowhere)
    assert "no_such" in str(resolved.problems[0])
    assert f"Until then {applies} applies." in str(resolved.problems[-1])
    own = resolved.build_arguments().own()
    assert layering.effect(own) == layering.effect_of(below)


@pytest.mark.parametrize("field_name", NOWHERE)
def test_where_all_lead_nowhere_the_default_applies(field_name: str, tmp_path: Path) -> None:
    layering = PartlyNowhere(tmp_path, field_name, range(len(LAYERS)))
    resolved = init_arguments.resolve(layering.load(len(LAYERS)))
    assert layering.name not in {*resolved.options, *resolved.loaded.options, *resolved.loaded.sources}
    assert len(resolved.problems) == len(LAYERS)
    assert resolved.loaded.settings[layering.name].origin is None


def test_one_of_several_that_leads_somewhere_is_a_value(tmp_path: Path) -> None:
    layering = Layering(tmp_path, "integrations")
    environ = {
        **layering.environ(1),
        "SENTRY_INTEGRATIONS": "no_such:Thing,tests.activation.layer_hooks:Integration4",
    }
    resolved = init_arguments.resolve(layers.load(environ))
    assert str(resolved.loaded.sources["integrations"]) == layering.origin(4)
    assert [each.identifier for each in resolved.options["integrations"]] == ["4"]


def test_what_a_lower_layer_has_is_checked_and_a_limit_holds_for_it(tmp_path: Path) -> None:
    layering = Layering(tmp_path, "before_send")
    environ = layering.environ(1)
    environ["SENTRY_BEFORE_SEND"] = "no_such:thing"
    environ["SENTRY_OPTIONS_JSON"] = json.dumps({"before_send": "no colon"})
    resolved = init_arguments.resolve(layers.load(environ))
    assert [problem.slug for problem in resolved.problems] == ["unresolved-import", "invalid-setting"]
    assert str(resolved.problems[1]).startswith(
        "before_send='no colon' in SENTRY_OPTIONS_JSON is not an import"
    )
    assert str(resolved.loaded.sources["before_send"]) == layering.origin(0)
    assert arguments_of(resolved.loaded).own()["before_send"]({}, {})["trail"] == ["hook0"]


def test_a_served_app_s_events_go_through_the_policy_s_scrubber(
    start: Callable[..., Server], project: Project, policy: Policy, tmp_path: Path
) -> None:
    (tmp_path / "status").mkdir()
    environ = {
        **policy(
            defaults={"before_send": "policy_hooks:before_send", "event_scrubber": "policy_hooks:Scrubber"},
            limits={"traces_sample_rate": {"max": 0.5}, "max_breadcrumbs": {"max": 5}},
        ),
        "SENTRY_BEFORE_SEND": "no_such:scrub",
        "SENTRY_EVENT_SCRUBBER": "policy_hooks:no_such",
        "SENTRY_INTEGRATIONS": "no_such:Thing",
    }
    server = start(
        uvicorn("raw3:app"), {**environ, "SENTRY_ASGI_STATUS_DIR": str(tmp_path / "status")}
    ).ready()
    server.provoke()
    (event,) = project.wait("event")
    assert event["tags"] == {"seen by": " policy", "scrubbed": "by the policy"}
    path = tmp_path / "policy.toml"
    assert server.output.count("[unresolved-import]") == 3
    assert f"Until then [defaults] before_send ({path}:2) applies. [unresolved-import]" in server.output
    (status,) = [json.loads(each.read_text()) for each in (tmp_path / "status").iterdir()]
    environ = {
        **environ,
        "SENTRY_DSN": project.dsn,
        "SENTRY_TRACES_SAMPLE_RATE": "1.0",
        "PYTHONPATH": str(APPS),
    }
    explained = explain(cwd=APPS, environ=environ)
    agreed = {
        each["option"]: each["source"]
        for each in explained["settings"]
        if each["option"] and each["layer"] != "SDK default"
    }
    assert {name: source for name, source in status["sources"].items() if "asgi_" not in name} == agreed
    assert agreed["before_send"] == f"[defaults] before_send ({path}:2)"
    assert agreed["event_scrubber"] == f"[defaults] event_scrubber ({path}:3)"
    assert agreed["max_breadcrumbs"] == f"[limits] max_breadcrumbs ({path}:7)"
    assert "integrations" not in agreed
