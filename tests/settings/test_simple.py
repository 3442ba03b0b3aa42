"""What is read without the models is what the models read."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sentry_asgi_autoconf.settings.base import variable_name
from sentry_asgi_autoconf.settings.own_values import OwnValues
from sentry_asgi_autoconf.settings.simple_fields import OPTIONS, OWN

from sentry_asgi_autoconf.settings import layers, simple_environment
from sentry_asgi_autoconf.settings.options import SdkOptions
from sentry_asgi_autoconf.settings.own import OwnSettings
from tests.settings.test_fuzz import TEXTS

ROOT = Path(__file__).parent.parent.parent
EXAMPLES = {
    variable_name(model, field): model.model_fields[field].examples[0]
    for model, fields in ((SdkOptions, OPTIONS), (OwnSettings, OWN))
    for field in fields
}
NUMBERS = ["0", "1", "0.5", "1.0", "00.5", "017", ".5", "1.", "1e-1", "-0", "+1", "1_0", "0x1", "٣", "inf"]
LONG = ["9" * 20, "9" * 5000, "0." + "1" * 20]
WORDS = ["t", "True", " off ", "warn", "Thread", "a,b", "[1]", '["a"]', "{}", "/health", "GET /x", "a\udcff"]
TEXTS_OF_ALL = [*NUMBERS, *LONG, *WORDS, *EXAMPLES.values()]
ENVIRONMENTS = st.dictionaries(
    st.sampled_from([*EXAMPLES, "SENTRY_ORG", "sentry_dsn", "SENTRY_DNS", "SENTRY_EXPERIMENTS", "PATH"]),
    st.sampled_from(TEXTS_OF_ALL) | TEXTS,
    max_size=5,
)


def test_the_fields_are_the_models_in_their_order() -> None:
    assert [name for name in SdkOptions.model_fields if name in OPTIONS] == list(OPTIONS)
    assert [name for name in OwnSettings.model_fields if name in OWN] == list(OWN)
    assert set(SdkOptions.model_fields) - set(OPTIONS) == {"data_collection", "experiments", "proxy_headers"}
    assert set(OwnSettings.model_fields) - set(OWN) == {"config", "policy", "secrets_dir"}


def test_the_defaults_are_the_models() -> None:
    defaults = {name: field.default for name, field in OwnSettings.model_fields.items()}
    assert OwnValues._field_defaults == defaults


@pytest.mark.parametrize("variable", EXAMPLES)
def test_each_text_is_read_as_by_the_model_or_left_to_it(variable: str) -> None:
    assert simple_environment.read({variable: EXAMPLES[variable]})
    for text in TEXTS_OF_ALL:
        found = simple_environment.read({variable: text})
        assert found is None or same(found, layers.load({variable: text})), text


@settings(max_examples=1000, deadline=None)
@given(ENVIRONMENTS)
def test_whatever_is_read_is_read_as_by_the_models(environ: dict[str, str]) -> None:
    found = simple_environment.read(environ)
    assert found is None or same(found, layers.load(environ))


def same(found: Any, expected: Any) -> bool:
    """Whether two results are equal in values, their types, and their order."""
    return repr(found) == repr(expected) and found == expected and kinds(found) == kinds(expected)


def kinds(loaded: Any) -> list[type]:
    return [type(value) for value in (*loaded.options.values(), *loaded.own)]


@pytest.mark.parametrize(
    ("variables", "needs"),
    [
        ({"SENTRY_DSN": "https://key@host/1", "SENTRY_TRACES_SAMPLE_RATE": "0.5"}, False),
        ({"SENTRY_DSN": "https://key@host/1", "SENTRY_ASGI_EXCLUDED_PATHS": "/health"}, False),
        ({"SENTRY_DSN": "https://key@host/1", "SENTRY_EXPERIMENTS": "{}"}, True),
        ({"SENTRY_DSN": "https://key@host/1", "SENTRY_DEBUG": "perhaps"}, True),
    ],
)
def test_pydantic_is_imported_where_something_needs_it(variables: dict[str, str], needs: bool) -> None:
    program = (
        "import sys\n"
        "from sentry_asgi_autoconf.settings.loading import load\n"
        f"load({variables!r})\n"
        "print(' '.join({'pydantic_settings', 'pydantic_core', 'typing_extensions'} & set(sys.modules)))"
    )
    run = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True
    )
    assert bool(run.stdout.split()) == needs
