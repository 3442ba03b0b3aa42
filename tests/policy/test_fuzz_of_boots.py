"""Whatever environment, config file and policy say, a process boots, and what a policy says holds in its client."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.harness import toml_text
from tests.harness.boots import Boot, Boots
from tests.policy.test_fuzz import ANY_POLICY, ANY_TABLE, SECRETS
from tests.settings.test_fuzz import JSON, OPTIONS, SHAPES, TEXTS, VARIABLES

# What each policy of `RULES` has in common, as plain numbers and texts: what holds is not left to our own code to say.
HOST, CEILING, BREADCRUMBS = "allowed.example", 0.25, 7
DSNS = [f"https://key@{HOST}/1", "https://key@hostile.example/1"]
RULES: dict[str, dict[str, Any]] = {
    "limits": {
        "dsn": {"allow": [HOST]},
        "max_breadcrumbs": {"max": BREADCRUMBS},
        "traces_sample_rate": {"max": CEILING},
    },
    "enforced": {
        "before_send": "policy_hooks:before_send",
        "environment": "enforced",
        "send_default_pii": False,
    },
}
PROCESS = """
import contextlib
import sentry_sdk
from sentry_asgi_autoconf import wrap


async def app(scope, receive, send):
    pass


def holds():
    options = sentry_sdk.get_client().options
    sampler, hook = options.get("traces_sampler"), options.get("before_send")
    rates, seen = [options.get("traces_sample_rate")], None
    with contextlib.suppress(Exception):  # of an app's garbage
        rates.append(sampler({"asgi_scope": {"path": "/", "method": "GET"}, "parent_sampled": None}))
    with contextlib.suppress(Exception):
        seen = hook({}, {}).get("tags", {}).get("seen by", "")
    names = ("dsn", "spotlight", "environment", "send_default_pii", "max_breadcrumbs", "data_collection")
    return {"rates": rates, "seen": seen, **{name: options.get(name) for name in names}}


report["is served"] = callable(wrap(app))
report["ours"] = holds()
try:
    sentry_sdk.init(**given)
    report["raised"] = None
except Exception as error:
    report["raised"] = type(error).__name__
report["the app's"] = holds()
"""
STOCK = """
import sentry_sdk

try:
    sentry_sdk.init(**given)
    report["raised"] = None
except Exception as error:
    report["raised"] = type(error).__name__
"""
# Where a policy is, and what it does not hold for, are not to be made up.
OUR_OWN = ("SENTRY_ASGI_CONFIG", "SENTRY_ASGI_ENABLED", "SENTRY_ASGI_POLICY", "SENTRY_ASGI_STATUS_DIR")


def possible(text: str) -> str:
    """Return what the operating system can hand on of a text."""
    return os.fsdecode(text.encode("utf-8", "surrogatepass").replace(b"\0", b""))


NAMES = st.sampled_from(sorted(set(VARIABLES).difference(OUR_OWN))) | st.text().map(
    lambda text: f"SENTRY_{possible(text)}".replace("=", "")
)
ENVIRONMENTS = st.dictionaries(
    NAMES,
    (TEXTS | st.sampled_from([*DSNS, "true", "1"])).map(possible),
    max_size=6,
)
LIKELY: dict[str, st.SearchStrategy[Any]] = {
    "data_collection": st.just({"user_info": True}),
    "enable_tracing": st.booleans(),
    "environment": st.just("app"),
    "max_breadcrumbs": st.integers(0, 100),
    "send_default_pii": st.booleans(),
    "spotlight": st.booleans(),
    "trace_lifecycle": st.sampled_from(["static", "stream"]),
    "traces_sample_rate": st.floats(0, 1) | st.just("0.5"),
    "_experiments": st.just({"data_collection": {"user_info": True}}),
}
# JSON is what reaches the process. An init that is garbage in many ways only shows how the first of them is met.
APPS = OPTIONS | st.builds(
    lambda likely, odd: {**likely, **odd},
    st.fixed_dictionaries({"dsn": st.sampled_from(DSNS)}, optional=LIKELY),
    st.just({}) | st.dictionaries(st.sampled_from(["dsn", *sorted(LIKELY)]), JSON, max_size=1),
)


def booted(
    boots: Boots, directory: Path, environ: dict[str, str], tables: Any, config: Any, app: dict[str, Any]
) -> Boot:
    """Boot a process under this policy, and see that nothing but a strict refusal keeps it from serving the app."""
    files = {"SENTRY_ASGI_POLICY": directory / "policy.toml", "SENTRY_ASGI_CONFIG": directory / "config.toml"}
    for path, text in zip(
        files.values(), (toml_text.tables(tables), toml_text.tables({"": config})), strict=True
    ):
        path.write_text(text, "utf-8", "surrogatepass")
    named = {name: str(path) for name, path in files.items()}
    boot = boots.boot({**environ, **named}, PROCESS, app)
    assert not [line for line in boot.lines if line.endswith(("[unexpected-error]", "[adapter-failed]"))]
    if boot.status:
        assert (boot.status, "SENTRY_ASGI_STRICT" in environ) == (78, True), boot.output
        return boot
    assert boot.report["is served"]
    if boot.report["raised"]:
        assert boot.report["raised"] == boots.boot(environ, STOCK, app).report["raised"]
    return boot


def assert_held(found: dict[str, Any]) -> None:
    """Check a client's options against the rules."""
    assert not found["dsn"] or urlsplit(found["dsn"]).hostname == HOST
    assert found["environment"] == "enforced"
    assert (found["send_default_pii"], found["data_collection"]["provided_by_user"]) == (False, False)
    assert found["max_breadcrumbs"] <= BREADCRUMBS
    assert all(rate is None or rate <= CEILING for rate in found["rates"])
    # An event that the app's hook fails at is dropped.
    assert found["seen"] is None or found["seen"].endswith(" policy")


@settings(max_examples=60, deadline=None)
@given(ENVIRONMENTS, ANY_TABLE, APPS)
def test_a_policy_holds_in_the_client_of_every_process_that_boots(
    boots: Boots, tmp_path_factory: Any, environ: dict[str, str], config: dict[str, Any], app: dict[str, Any]
) -> None:
    boot = booted(boots, tmp_path_factory.getbasetemp(), environ, RULES, config, app)
    for found in (boot.report["ours"], boot.report["the app's"]) if boot.status == 0 else ():
        if found["environment"] is not None:  # else there is no client yet
            assert_held(found)


@settings(max_examples=40, deadline=None)
@given(ENVIRONMENTS, ANY_POLICY, ANY_TABLE, APPS)
def test_nothing_leaves_a_process_whose_policy_is_not_understood(
    boots: Boots,
    tmp_path_factory: Any,
    environ: dict[str, str],
    policy: Any,
    config: dict[str, Any],
    app: dict[str, Any],
) -> None:
    boot = booted(boots, tmp_path_factory.getbasetemp(), environ, policy, config, app)
    if boot.status == 0 and any(line.endswith("[invalid-policy]") for line in boot.lines):
        for found in (boot.report["ours"], boot.report["the app's"]):
            assert (found["dsn"] or "", found["spotlight"] or False) == ("", False)


@settings(max_examples=40, deadline=None)
@given(SECRETS, st.dictionaries(NAMES, SHAPES, max_size=4), APPS, JSON)
def test_no_secret_is_printed_by_a_process_that_boots(
    boots: Boots,
    tmp_path_factory: Any,
    secret: tuple[str, str],
    shapes: dict[str, str],
    app: dict[str, Any],
    value: Any,
) -> None:
    mark, text = secret
    environ = {name: shape.format(text) for name, shape in shapes.items()}
    told = {**dict.fromkeys(app, value), **dict.fromkeys(list(app)[::2], text)}
    boot = booted(
        boots, tmp_path_factory.getbasetemp(), {**environ, "SENTRY_ASGI_LOG_LEVEL": "debug"}, RULES, {}, told
    )
    assert mark not in "\n".join(boot.lines)
