"""What inits say of integrations holds: ours by settings, and an app's own."""

from __future__ import annotations

import pytest

from tests.integrations.instrumentation import libraries, report

INIT = "import sentry_sdk\nsentry_sdk.init({})\n"


def test_a_disabled_integration_is_not_set_up_and_its_library_is_not_imported() -> None:
    disabled = {
        "SENTRY_DISABLED_INTEGRATIONS": "httpx,sentry_sdk.integrations.starlette:StarletteIntegration"
    }
    assert libraries(report("", environ=disabled)) == set()
    found = report("import httpx, fastapi", environ=disabled)
    assert {"fastapi"} == {"fastapi", "httpx", "starlette"}.intersection(found["integrations"])


@pytest.mark.parametrize(
    ("disabled", "mode"), [("logging,redis", "deferred"), ("httpx", "deferred"), ("httpx", "eager")]
)
def test_the_same_integrations_are_disabled_in_either_way(disabled: str, mode: str) -> None:
    found = report("import httpx", mode, {"SENTRY_DISABLED_INTEGRATIONS": disabled})
    wanted = {"httpx", "logging"}.difference(disabled.split(","))
    assert wanted == {"httpx", "logging"}.intersection(found["integrations"])


@pytest.mark.parametrize("setting", ["SENTRY_AUTO_ENABLING_INTEGRATIONS", "SENTRY_DEFAULT_INTEGRATIONS"])
def test_nothing_is_deferred_where_nothing_is_enabled_by_itself(setting: str) -> None:
    found = report("import httpx, fastapi", environ={setting: "false"})
    assert not {"httpx", "fastapi", "starlette"}.intersection(found["integrations"])
    assert found["auto_enabling_integrations"] is (setting == "SENTRY_DEFAULT_INTEGRATIONS")


def test_an_integration_that_is_named_is_set_up_at_init() -> None:
    found = report("", environ={"SENTRY_INTEGRATIONS": "starlette"})
    assert libraries(found) == {"starlette"}
    assert "starlette" in found["integrations"]


def test_an_integration_that_is_named_and_disabled_is_not_set_up() -> None:
    both = {"SENTRY_INTEGRATIONS": "starlette", "SENTRY_DISABLED_INTEGRATIONS": "starlette"}
    for further in ({}, {"SENTRY_AUTO_ENABLING_INTEGRATIONS": "false"}):
        assert "starlette" not in report("", environ={**both, **further})["integrations"]


def test_an_app_s_own_client_gets_what_is_imported_before_and_after_its_init() -> None:
    found = report(f"import httpx\n{INIT.format('')}import fastapi")
    assert {"httpx", "fastapi", "starlette"} <= set(found["integrations"])
    assert libraries(found) == {"httpx", "fastapi", "starlette"}
    assert found["name"] == "sentry.python.fastapi"


def test_an_app_s_own_instance_is_used_in_place_of_the_usual_one() -> None:
    code = (
        "from sentry_sdk.integrations.starlette import StarletteIntegration\n"
        + INIT.format("integrations=[StarletteIntegration(transaction_style='endpoint')]")
        + "import fastapi\n"
        "assert sentry_sdk.get_client().get_integration('starlette').transaction_style == 'endpoint'"
    )
    assert {"starlette", "fastapi"} <= set(report(code)["integrations"])


@pytest.mark.parametrize("imported", ["before", "after"])
def test_what_an_app_s_own_init_disables_is_not_in_its_client(imported: str) -> None:
    code = {
        "before": "import httpx\nfrom sentry_sdk.integrations.httpx import HttpxIntegration\n"
        + INIT.format("disabled_integrations=[HttpxIntegration]"),
        "after": "from sentry_sdk.integrations.starlette import StarletteIntegration\n"
        + INIT.format("disabled_integrations=[StarletteIntegration]")
        + "import fastapi",
    }[imported]
    found = report(code)
    assert ("fastapi" in found["integrations"]) is (imported == "after")
    assert not {"httpx", "starlette"}.intersection(found["integrations"])


@pytest.mark.parametrize("argument", ["auto_enabling_integrations", "default_integrations"])
def test_an_app_s_own_init_may_do_without_them(argument: str) -> None:
    found = report(INIT.format(f"{argument}=False") + "import httpx")
    assert "httpx" not in found["integrations"]


def test_clients_that_the_app_makes_beside_it_get_their_own() -> None:
    code = (
        "import sentry_sdk\n"
        "first = sentry_sdk.get_client()\n"
        "second = sentry_sdk.Client(dsn='http://key@127.0.0.1:9/2')\n"
        "third = sentry_sdk.Client(dsn='http://key@127.0.0.1:9/3', auto_enabling_integrations=False)\n"
        "import httpx\n"
        "one, other = first.integrations['httpx'], second.integrations['httpx']\n"
        "assert one is not other and 'httpx' not in third.integrations"
    )
    assert "httpx" in report(code)["integrations"]
