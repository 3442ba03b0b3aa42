"""Which source wins, and that each value knows where it comes from."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from sentry_asgi_autoconf.activation.layers import load
from sentry_asgi_autoconf.exceptions import UnreadableSecretError
from tests.harness.server import ROOT

DSN = "https://key@host/{}"
OF_FILES = "settings.files", "policy.limits", "policy.document", "policy.constraints"


@pytest.fixture
def secrets(tmp_path: Path) -> Path:
    """Return a directory of secrets."""
    return tmp_path


def test_environment_wins_over_secret_over_options_json(secrets: Path) -> None:
    (secrets / "SENTRY_DIST").write_text("file\n")
    (secrets / "sentry_release").write_text("file\n")
    loaded = load(
        {
            "SENTRY_ASGI_SECRETS_DIR": str(secrets),
            "SENTRY_DIST": "environment",
            "SENTRY_OPTIONS_JSON": '{"dist": "json", "release": "json", "server_name": "json"}',
        }
    )
    assert loaded.problems == []
    assert loaded.options == {"dist": "environment", "release": "file", "server_name": "json"}
    assert {name: str(origin) for name, origin in loaded.sources.items()} == {
        "dist": "SENTRY_DIST (environment)",
        "release": f"SENTRY_RELEASE ({secrets / 'sentry_release'})",
        "server_name": "server_name in SENTRY_OPTIONS_JSON (environment)",
    }


def test_a_bad_value_gives_way_to_the_next_lower_source(secrets: Path) -> None:
    (secrets / "sentry_sample_rate").write_text("many")
    loaded = load(
        {
            "SENTRY_ASGI_SECRETS_DIR": str(secrets),
            "SENTRY_SAMPLE_RATE": "all",
            "SENTRY_OPTIONS_JSON": '{"sample_rate": 0.25}',
        }
    )
    assert loaded.options == {"sample_rate": 0.25}
    first, second = map(str, loaded.problems)
    assert first.startswith("SENTRY_SAMPLE_RATE='all' is not")
    assert second.startswith(f"SENTRY_SAMPLE_RATE='many' ({secrets / 'sentry_sample_rate'}) is not")
    assert "until then sample_rate in SENTRY_OPTIONS_JSON (environment) applies" in first
    assert "until then sample_rate in SENTRY_OPTIONS_JSON (environment) applies" in second


def test_options_json_may_itself_be_a_secret(secrets: Path) -> None:
    (secrets / "sentry_options_json").write_text('{"dist": "json"}')
    loaded = load({"SENTRY_ASGI_SECRETS_DIR": str(secrets)})
    assert loaded.options == {"dist": "json"}
    assert {name: str(origin) for name, origin in loaded.sources.items()} == {
        "dist": f"dist in SENTRY_OPTIONS_JSON ({secrets / 'sentry_options_json'})"
    }


def test_an_empty_file_sets_nothing_and_links_are_followed(secrets: Path) -> None:
    (secrets / "sentry_dist").write_text("\n")
    (secrets / "..data").mkdir()
    (secrets / "..data" / "sentry_dsn").write_text(DSN.format(1) + "\n")
    (secrets / "sentry_dsn").symlink_to("..data/sentry_dsn")
    loaded = load({"SENTRY_ASGI_SECRETS_DIR": str(secrets)})
    assert (loaded.options, loaded.problems) == ({"dsn": DSN.format(1)}, [])


OTHER = 12345  # a user that nothing else here is


@pytest.mark.skipif(os.getuid() != 0, reason="only root can give a file to another user")
@pytest.mark.parametrize("as_link", [False, True], ids=["a file", "a link"])
def test_what_another_user_put_where_anybody_may_write_is_not_read(secrets: Path, as_link: bool) -> None:
    planted = secrets / "sentry_before_send"
    if as_link:
        (secrets / "kept").write_text("os:system")
        planted.symlink_to("kept")
    else:
        planted.write_text("os:system")
    os.chown(planted, OTHER, OTHER, follow_symlinks=False)
    (secrets / "sentry_dist").write_text("1")
    secrets.chmod(0o1777)
    loaded = load({"SENTRY_ASGI_SECRETS_DIR": str(secrets)})
    (problem,) = loaded.problems
    assert isinstance(problem, UnreadableSecretError)
    assert f"{planted} cannot be read: it belongs to another user" in str(problem)
    assert loaded.options == {"dist": "1"}
    # Where others may not write, it was put by who may, as a bind mount is.
    secrets.chmod(0o755)
    assert load({"SENTRY_ASGI_SECRETS_DIR": str(secrets)}).options.keys() == {"dist", "before_send"}


def test_a_missing_directory_is_one_problem() -> None:
    loaded = load({"SENTRY_ASGI_SECRETS_DIR": "/no/such/directory", "SENTRY_DIST": "1"})
    (problem,) = loaded.problems
    assert isinstance(problem, UnreadableSecretError)
    assert "SENTRY_ASGI_SECRETS_DIR='/no/such/directory'" in str(problem)
    assert loaded.options == {"dist": "1"}


def test_a_file_that_cannot_be_read_is_one_problem(secrets: Path) -> None:
    (secrets / "sentry_dist").write_bytes(b"\xff\xfe\xfa")
    (secrets / "sentry_release").mkdir()
    os.mkfifo(secrets / "sentry_environment")
    loaded = load({"SENTRY_ASGI_SECRETS_DIR": str(secrets)})
    assert loaded.options == {}
    lines = sorted(map(str, loaded.problems))
    assert [
        str(secrets / name) in line
        for name, line in zip(("sentry_dist", "sentry_environment", "sentry_release"), lines)
    ]
    assert "not UTF-8" in lines[0]
    assert "not a regular file" in lines[1]


@pytest.mark.parametrize("header", ["", "[tool.sentry-asgi-autoconf]", "[tool.'sentry-asgi-autoconf']"])
def test_what_files_and_policies_need_is_imported_where_there_are_some(header: str, tmp_path: Path) -> None:
    # A project names us where it depends on us, too.
    table = f"{header}\ndist = '1'\n" if header else ""
    project = f"[project]\ndependencies = ['sentry-asgi-autoconf>=0.1']\n{table}"
    (tmp_path / "pyproject.toml").write_text(project)
    script = (
        "import sys\n"
        "from sentry_asgi_autoconf.activation import init_arguments, layers\n"
        f"loaded = layers.load({{'SENTRY_DSN': {DSN.format(1)!r}}})\n"
        "init_arguments.resolve(loaded).build_arguments().own()\n"
        "print(loaded.options.get('dist'))\n"
        f"print(*(name for name in {OF_FILES} if f'sentry_asgi_autoconf.{{name}}' in sys.modules))"
    )
    environ = {**os.environ, "PYTHONPATH": str(ROOT)}
    output = subprocess.check_output([sys.executable, "-c", script], cwd=tmp_path, env=environ, text=True)
    assert output.splitlines() == (["1", "settings.files"] if table else ["None", ""])
