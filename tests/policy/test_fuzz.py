"""Whatever environment, config file, policy and app say: nothing is raised, loosened or given away."""

from __future__ import annotations

import contextlib
import io
import os
import warnings
from decimal import Decimal
from numbers import Real
from pathlib import Path
from typing import Any, Iterator, Mapping
from unittest import mock

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sentry_sdk import client as sdk_client

from sentry_asgi_autoconf.activation import app_init, init_arguments
from sentry_asgi_autoconf.activation.layers import Loaded, load
from sentry_asgi_autoconf.policy.enforcement import CHAINED, Enforcement
from sentry_asgi_autoconf.policy.limits import limits_numbers, limits_texts
from sentry_asgi_autoconf.provenance import CONFIG_FILE
from sentry_asgi_autoconf.sdk.arguments import EXPERIMENTS
from sentry_asgi_autoconf.settings.names import file_settings
from sentry_asgi_autoconf.settings.options import SDK_OPTIONS, init_name
from tests.activation.layer_hooks import Hook
from tests.activation.layer_values import plain
from tests.harness import toml_text
from tests.settings.test_fuzz import JSON, KEYS, MARK, NAMES, PASSWORDS, SHAPES, TEXTS, VARIABLES

OPTIONS = sorted(SDK_OPTIONS)
NUMBERS = [name for name in OPTIONS if limits_numbers(name)]
TEXT_OPTIONS = [name for name in OPTIONS if limits_texts(name)]
# What the SDK reads by itself where an argument is missing: nothing that a policy would allow.
HOSTILE = {
    "SENTRY_DSN": "https://key@hostile.example/1",
    "SENTRY_ENVIRONMENT": "hostile",
    "SENTRY_RELEASE": "hostile",
    "SENTRY_DEBUG": "true",
    "SENTRY_KEEP_ALIVE": "true",
    "SENTRY_SPOTLIGHT": "http://hostile.example",
}

Tables = Mapping[str, Mapping[str, Any]]


def valid(names: list[str]) -> st.SearchStrategy[dict[str, Any]]:
    """Make tables of valid values."""
    return st.dictionaries(st.sampled_from(names), st.integers(0, 7), max_size=6).map(
        lambda chosen: {name: plain(name, number) for name, number in chosen.items()}
    )


def bounds(names: list[str]) -> st.SearchStrategy[dict[str, dict[str, Any]]]:
    """Make limits of some of these numbers, among the values that the layers set them to."""
    ceilings = st.integers(0, 7).map(lambda number: {name: {"max": plain(name, number)} for name in names})
    floors = st.integers(0, 7).map(lambda number: {name: {"min": plain(name, number)} for name in names})
    chosen = st.sets(st.sampled_from(names), max_size=4)
    return st.builds(
        lambda high, low, some: {
            name: {**high[name], **(low[name] if len(name) % 2 else {})} for name in some
        },
        ceilings,
        floors,
        chosen,
    )


ALLOWED = st.dictionaries(
    st.sampled_from([name for name in TEXT_OPTIONS if name.startswith(("dsn", "env", "rel", "ser", "http"))]),
    st.lists(
        st.sampled_from(["host1.example", "*.example", "text-1", "text-2", "t*", "prod*"]), min_size=1
    ).map(lambda globs: {"allow": globs}),
    max_size=3,
)
POLICIES = st.fixed_dictionaries(
    {
        "defaults": valid(OPTIONS),
        "enforced": valid(OPTIONS),
        "limits": st.builds(lambda one, other: {**one, **other}, bounds(NUMBERS), ALLOWED),
    }
)
# TOML has no null.
PLAIN = st.recursive(
    st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=8,
)
KEYS_OF_FILES = st.sampled_from([*OPTIONS, *file_settings()]) | st.text(min_size=1, max_size=8)
ANY_TABLE = st.dictionaries(KEYS_OF_FILES, PLAIN, max_size=5)
ANY_POLICY = st.dictionaries(
    st.sampled_from(["defaults", "limits", "enforced"]) | st.text(max_size=8), ANY_TABLE
)
ODD = st.sampled_from(
    [
        *(object(), type, [[]], {1: 2}, frozenset((1,)), Decimal(1), 10**5000, float("nan"), True),
        *(lambda *context: 1.0, lambda *context: True, lambda *context: Decimal(1), Hook("app")),
        *(b"https://key@host1.example/1", "https://key@hostile.example/1"),
    ]
)
APPS = st.builds(
    lambda ours, odd, further: {**ours, **odd, **further},
    valid(OPTIONS).map(lambda values: {init_name(name): value for name, value in values.items()}),
    st.dictionaries(st.sampled_from(OPTIONS).map(init_name), ODD | JSON, max_size=6),
    st.dictionaries(st.text(max_size=8), JSON, max_size=1)
    | st.fixed_dictionaries({"_experiments": valid(OPTIONS)})
    | st.just({"traces_sampler": lambda context: 1.0, "enable_tracing": True, "spotlight": True}),
)
OWN = st.fixed_dictionaries(
    {"SENTRY_ASGI_ON_APP_INIT": st.sampled_from(["merge", "replace", "keep"])},
    optional={
        "SENTRY_ASGI_TRACES_SAMPLE_RATES": st.just('{"/any": 1}'),
        "SENTRY_ASGI_EXCLUDED_PATHS": st.just("/health"),
    },
)
ENVIRONMENTS = st.builds(lambda any_, own: {**any_, **own}, st.dictionaries(NAMES, TEXTS, max_size=4), OWN)


@pytest.fixture(scope="module")
def directory(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Yield a directory for the files, and an environment from which the SDK must not take anything."""
    with mock.patch.dict(os.environ, HOSTILE):
        yield tmp_path_factory.mktemp("fuzz")


def read(directory: Path, environ: Mapping[str, str], policy: Tables, config: Mapping[str, Any]) -> Loaded:
    """Read settings of which two layers are files."""
    for name, tables in (("policy.toml", policy), ("config.toml", {"": config})):
        (directory / name).write_text(toml_text.tables(tables), "utf-8", "surrogatepass")
    files = {"SENTRY_ASGI_POLICY": "policy.toml", "SENTRY_ASGI_CONFIG": "config.toml"}
    return load({**environ, **{variable: str(directory / name) for variable, name in files.items()}})


def said(loaded: Loaded, app: Mapping[str, Any]) -> tuple[list[dict[str, Any]], Enforcement, str]:
    """Return the arguments of our init and of the app's, what must hold of them, and all that is said."""
    resolved = init_arguments.resolve(loaded)
    arguments, problems = resolved.build_arguments(), resolved.problems
    merged = arguments.of_app(app)
    lines = "\n".join(map(str, [*loaded.problems, *loaded.warnings, *problems]))
    with contextlib.redirect_stderr(io.StringIO()) as stderr, mock.patch.dict(
        os.environ, {"SENTRY_ASGI_LOG_LEVEL": "info"}
    ):
        app_init.report("app.py:1", merged)
    return [arguments.own(), merged.arguments], arguments.enforcement, lines + stderr.getvalue()


def assert_held(arguments: dict[str, Any], enforcement: Enforcement) -> None:
    """Check that nothing enforced or limited is loosened, also by what the SDK takes where nothing is said."""
    if enforcement.blocks_sending:
        assert (arguments["dsn"], arguments["spotlight"], arguments["transport"]) == ("", False, None)
    for name, value in enforcement.values.items():
        if name == "spotlight" and enforcement.undone_by_spotlight() and not arguments.get("dsn"):
            value = False  # it would undo what else is enforced
        if name == "_experiments":
            value = {**EXPERIMENTS, **value}
        assert name == "traces_sampler" or arguments[name] == value
    for name in enforcement.substitutes():
        assert name == "traces_sampler" or not arguments.get(name)
    if enforcement.names() and isinstance(arguments.get("_experiments"), dict):
        ruled = enforcement.names() if "_experiments" not in enforcement.values else ()
        assert not set(ruled).intersection(arguments["_experiments"])
    for name in set(enforcement.limits).difference(enforcement.values):
        limit, value = enforcement.limits[name], arguments.get(name)
        if limit.allowed:
            assert value in (None, "") or limit.permits(value)
        elif value is not None:
            assert isinstance(value, (Real, Decimal))
            assert value == limit.clamped(value)
    _assert_samplers_held(arguments, enforcement)
    _assert_hooks_held(arguments, enforcement)
    # Garbage the SDK refuses; where it does not, what it makes of the arguments holds too.
    with contextlib.suppress(Exception), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        resolved = sdk_client.get_options(**{**arguments, "event_scrubber": None})
        for name, limit in enforcement.limits.items():
            if limit.allowed and name not in enforcement.values:
                assert resolved[name] in (None, "") or limit.permits(resolved[name]), name


def _assert_samplers_held(arguments: dict[str, Any], enforcement: Enforcement) -> None:
    limit, sampler = enforcement.limits.get("traces_sample_rate"), arguments.get("traces_sampler")
    request = {"asgi_scope": {"path": "/any", "method": "GET"}, "parent_sampled": None}
    if sampler is None or not callable(sampler):
        return
    with contextlib.suppress(TypeError, AttributeError):  # an app's sampler may be garbage
        rate = sampler(request)
        if "traces_sampler" in enforcement.values:
            # Excluded paths, which this is none of, are left out before it is asked.
            assert rate == enforcement.values["traces_sampler"](request)
        elif "traces_sample_rate" in enforcement.values:
            assert rate == enforcement.values["traces_sample_rate"]
        elif limit is not None and isinstance(rate, (Real, Decimal)):
            assert limit.maximum is None or rate <= limit.maximum


def _assert_hooks_held(arguments: dict[str, Any], enforcement: Enforcement) -> None:
    for name, last in enforcement.hooks.items():
        event: dict[str, Any] | None = {}
        with contextlib.suppress(Exception):  # an app's hook may be garbage: the SDK drops what it fails at
            if name == "event_scrubber":
                arguments[name].scrub_event(event)
            else:
                event = arguments[name](event, {})
        assert not event or event["trail"][-1] == last.name, name


@settings(max_examples=80, deadline=None)
@given(ENVIRONMENTS, POLICIES, valid(OPTIONS), APPS)
def test_a_policy_holds_against_everybody(
    directory: Path, environ: dict[str, str], policy: Tables, config: dict[str, Any], app: dict[str, Any]
) -> None:
    loaded = read(directory, environ, policy, config)
    found, enforcement, lines = said(loaded, app)
    for arguments in found:
        assert_held(arguments, enforcement)
    assert not loaded.policy.is_unreadable
    for name in set(policy["enforced"]) - CHAINED:
        assert init_name(name) in enforcement.values
    for name in config:
        setting = loaded.settings[init_name(name)]
        origins = [setting.origin, *(each.origin for each in (*setting.overrode, *setting.forbidden))]
        assert CONFIG_FILE in [origin.layer for origin in origins if origin], name
    assert lines.replace("\n", "").isprintable()


@settings(max_examples=80, deadline=None)
@given(ENVIRONMENTS, ANY_POLICY, ANY_TABLE, APPS)
def test_any_files_are_read_without_an_exception(
    directory: Path, environ: dict[str, str], policy: Tables, config: dict[str, Any], app: dict[str, Any]
) -> None:
    loaded = read(directory, environ, policy, config)
    found, enforcement, lines = said(loaded, app)
    for arguments in found:
        assert_held(arguments, enforcement)
    assert lines.replace("\n", "").isprintable()


@settings(max_examples=50, deadline=None)
@given(st.binary() | st.text().map(lambda text: text.encode("utf-8", "surrogatepass")))
def test_any_bytes_are_no_policy_or_one_that_is_understood(directory: Path, content: bytes) -> None:
    (directory / "policy.toml").write_bytes(content)
    loaded = load({"SENTRY_ASGI_POLICY": str(directory / "policy.toml"), "SENTRY_DSN": "https://key@host/1"})
    arguments = init_arguments.resolve(loaded).build_arguments()
    assert arguments.own()["dsn"] == ("" if loaded.policy.is_unreadable else "https://key@host/1")
    assert all(str(problem).isprintable() for problem in loaded.problems)


@settings(max_examples=50, deadline=None)
@given(st.text(st.characters()))
def test_any_place_is_no_policy(place: str) -> None:
    loaded = load({"SENTRY_ASGI_POLICY": f"/no/such/{place}"})
    assert loaded.policy.is_unreadable
    assert all(str(problem).isprintable() for problem in loaded.problems)


SECRETS = KEYS.map(lambda key: (key, f"https://{key}@host1.example/1")) | PASSWORDS.map(
    lambda password: (MARK, f"amqp://user:{password}@host1.example")
)
FILE_KEYS = st.sampled_from([*OPTIONS, *file_settings()])


@settings(max_examples=80, deadline=None)
@given(
    SECRETS,
    st.dictionaries(st.sampled_from(VARIABLES), SHAPES, max_size=3),
    st.dictionaries(
        st.sampled_from(["defaults", "enforced", "limits"]), st.lists(FILE_KEYS, max_size=3), max_size=3
    ),
    st.lists(FILE_KEYS, max_size=3),
    st.lists(st.sampled_from(OPTIONS).map(init_name), max_size=4),
    st.booleans(),
)
def test_no_secret_is_shown_wherever_it_was_pasted(
    directory: Path,
    secret: tuple[str, str],
    shapes: dict[str, str],
    tables: dict[str, list[str]],
    config: list[str],
    app: list[str],
    is_key: bool,
) -> None:
    mark, text = secret
    policy = {name: {text if is_key else key: text for key in keys} for name, keys in tables.items()}
    loaded = read(
        directory,
        {variable: shape.format(text) for variable, shape in shapes.items()},
        policy,
        dict.fromkeys(config, text),
    )
    _, _, lines = said(loaded, dict.fromkeys(app, text))
    assert mark not in lines
