"""`check` looks at an environment: each broken one has its cause named, a sound one none."""

from __future__ import annotations

import re
import shutil
import sys
import venv as environment
from pathlib import Path
from typing import Callable, Mapping

import pytest
import sentry_sdk

from sentry_asgi_autoconf.cli.checks.command import _options_of
from sentry_asgi_autoconf.cli.checks.installed import OLDEST
from tests.cli.checking import DSN, UNTRIED, check, distribution
from tests.cli.command_line import cli
from tests.harness.server import BOOTSTRAP, ROOT
from tests.harness.venvs import installed_beside, venv

Environ = Mapping[str, "str | None"]
SITE_PACKAGES = Path(sentry_sdk.__file__).parents[1]


def written(path: Path, text: str) -> Path:
    """Write a file, and give its path."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


def shadowed(tmp: Path) -> Environ:
    theirs = written(tmp / "theirs" / "sitecustomize.py", "").parent
    return {"PYTHONPATH": f"{theirs}:{BOOTSTRAP}:{ROOT}"}


def not_mounted(tmp: Path) -> Environ:
    return {"PYTHONPATH": f"{tmp}/sentry_asgi_autoconf/bootstrap:{ROOT}"}


def other_environment(tmp: Path) -> Environ:
    (tmp / "venv" / "lib" / "python3.11" / "site-packages").mkdir(parents=True)
    return {"VIRTUAL_ENV": str(tmp / "venv")}


def old_sdk(release: str) -> Callable[[Path], Environ]:
    return lambda tmp: {"PYTHONPATH": distribution(tmp, "sentry-sdk", release)}


def hidden_sdk(tmp: Path) -> Environ:
    written(tmp / "sentry_sdk.py", "")
    return {"PYTHONPATH": f"{BOOTSTRAP}:{tmp}:{ROOT}"}


def unwatched(tmp: Path) -> Environ:
    points = "[sentry_asgi_autoconf.servers]\nacme.loader = acme_sentry:join\n"
    return {"PYTHONPATH": distribution(tmp, "acme-sentry", "1.0", points)}


def copied_package(tmp: Path) -> Path:
    """Copy the package to where it is not on any path, and give its place there."""
    package = ROOT / "sentry_asgi_autoconf"
    shutil.copytree(package, tmp / package.name, ignore=shutil.ignore_patterns("__pycache__"))
    return tmp / package.name


def damaged_bootstrap(tmp: Path) -> Environ:
    package = copied_package(tmp)
    written(package / "bootstrap" / "sitecustomize.py", "")
    return {"PYTHONPATH": f"{package / 'bootstrap'}:{tmp}"}


def bad_policy(tmp: Path) -> Environ:
    return {"SENTRY_ASGI_POLICY": str(written(tmp / "policy.toml", "[limits\n"))}


def forbidding_policy(tmp: Path) -> Environ:
    policy = written(tmp / "policy.toml", '[limits]\ndsn = { allow = ["sentry.example.com"] }\n')
    return {"SENTRY_ASGI_POLICY": str(policy)}


def bad_config(tmp: Path) -> Environ:
    return {"SENTRY_ASGI_CONFIG": str(written(tmp / "sentry.toml", "traces_sample_rate = \n"))}


def failing_configurator(tmp: Path) -> Environ:
    points = "[sentry_asgi_autoconf.configurators]\nacme = acme_scrubber:configure\n"
    path = distribution(
        tmp, "acme-scrubber", "1.0", points, "def configure(options):\n    raise OSError('no scrubber')\n"
    )
    return {"PYTHONPATH": path}


def always(environ: Environ) -> Callable[[Path], Environ]:
    """Make a set-up that needs no files."""
    return lambda tmp: environ


# Set-up → the name of its error, and what the line says of it.
BROKEN: dict[str, tuple[Callable[[Path], Environ], str, str]] = {
    "no DSN": (always({"SENTRY_DSN": None}), "no-destination", "neither SENTRY_DSN"),
    "a DSN by nearly its name": (
        always({"SENTRY_DSN": None, "SENTRY_DNS": DSN}),
        "no-destination",
        "neither SENTRY_DSN",
    ),
    "a DSN in quotes": (always({"SENTRY_DSN": f'"{DSN}"'}), "no-destination", "no valid SENTRY_DSN"),
    "a host that is none": (
        always({"SENTRY_DSN": DSN.replace("127.0.0.1:9", "no-such-host.invalid")}),
        "unknown-host",
        "no-such-host.invalid: its name cannot be resolved",
    ),
    "an IPv6 address": (
        always({"SENTRY_DSN": DSN.replace("127.0.0.1", "[::1]")}),
        "unknown-host",
        "did not reach ::1:9: sentry-sdk cannot make a URL of it",
    ),
    "a proxy that is gone": (
        always({"SENTRY_HTTP_PROXY": "http://user:s3cr3t@127.0.0.1:9"}),
        "proxy-unreachable",
        "the proxy http://***@127.0.0.1:9: the connection was refused",
    ),
    "a proxy that is none": (
        always({"http_proxy": "http://no-such-proxy.invalid:3128", "no_proxy": None, "NO_PROXY": None}),
        "proxy-unreachable",
        "the proxy http://no-such-proxy.invalid:3128: its name cannot be resolved",
    ),
    "a DSN that is none": (always({"SENTRY_DSN": "sentry.io/1"}), "no-destination", "no valid SENTRY_DSN"),
    "switched off": (always({"SENTRY_ASGI_ENABLED": "off"}), "disabled", "SENTRY_ASGI_ENABLED is false"),
    "no PYTHONPATH": (always({"PYTHONPATH": str(ROOT.parent)}), "bootstrap-missing", "not on PYTHONPATH"),
    "the package in place of its bootstrap": (
        always({"PYTHONPATH": str(ROOT / "sentry_asgi_autoconf")}),
        "wrong-directory",
        "the package's directory bootstrap",
    ),
    "the project in place of the bootstrap": (
        always({"PYTHONPATH": str(ROOT)}),
        "wrong-directory",
        "the package's directory bootstrap",
    ),
    "a volume that is not mounted": (not_mounted, "bootstrap-absent", "is its volume mounted?"),
    "a bootstrap that is damaged": (damaged_bootstrap, "bootstrap-broken", "has not run: reinstall it"),
    "a sitecustomize before ours": (shadowed, "shadowed", "theirs/sitecustomize.py comes before"),
    "another virtual environment": (other_environment, "other-virtualenv", "has no sentry-sdk"),
    "an old SDK": (old_sdk("1.45.0"), "sdk-too-old", "sentry-sdk 1.45.0 is older than 2.0.1"),
    "one that fails Starlette": (old_sdk("2.0.0"), "sdk-too-old", "sentry-sdk 2.0.0 is older than 2.0.1"),
    "a file that hides the SDK": (hidden_sdk, "unusable-dependency", "hides it"),
    "an adapter that is not watched": (unwatched, "trigger-unwatched", "does not name acme.loader"),
    "a broken policy": (bad_policy, "invalid-policy", "policy.toml"),
    "a policy that forbids the DSN": (forbidding_policy, "dsn-forbidden", "policy.toml"),
    "a configurator that fails": (failing_configurator, "configurator-failed", "no scrubber"),
    "an integration without its library": (
        always({"SENTRY_ASGI_STRICT": "true", "SENTRY_INTEGRATIONS": "trytond"}),
        "unresolved-import",
        "trytond",
    ),
}


def test_near_misses_and_quotes_are_named_where_there_is_no_destination() -> None:
    misspelt = check(environ={"SENTRY_DSN": None, "SENTRY_DNS": DSN})
    assert "SENTRY_DNS is not a setting. Did you mean SENTRY_DSN?" in misspelt.line("unknown-setting")
    assert "SENTRY_DSN=***" in check(environ={"SENTRY_DSN": f"'{DSN}'"}).line("invalid-setting")


@pytest.mark.parametrize(("broken", "slug", "says"), BROKEN.values(), ids=BROKEN.keys())
def test_the_cause_of_a_broken_set_up_is_named(
    broken: Callable[[Path], Environ], slug: str, says: str, tmp_path: Path
) -> None:
    checked = check(environ=broken(tmp_path))
    assert checked.status == 1
    assert slug in checked.slugs("error"), checked.text
    assert says in checked.line(slug)
    assert "Telemetry does not flow: " in checked.text
    assert "d3adb33f" not in checked.text


@pytest.mark.parametrize(
    ("options", "slug"),
    [(("-I",), "isolated-interpreter"), (("-E",), "environment-ignored"), (("-S",), "no-site")],
)
def test_an_interpreter_that_ignores_the_bootstrap_is_named(options: tuple[str, ...], slug: str) -> None:
    checked = check(environ={"PYTHONPATH": f"{BOOTSTRAP}:{ROOT}:{SITE_PACKAGES}"}, options=options)
    assert checked.status == 1
    assert checked.slugs("error") == [slug]
    assert options[0] in checked.line(slug)


@pytest.mark.matrix
def test_an_environment_without_a_server_and_files_without_their_metadata_are_named(tmp_path: Path) -> None:
    python = venv(sys.executable, "sentry-sdk")
    package = installed_beside(tmp_path).parent
    checked = check(environ={"PYTHONPATH": f"{package / 'bootstrap'}:{package.parent}"}, python=python)
    assert (checked.status, checked.slugs("error")) == (1, ["no-server"])
    assert "run the check in the environment of the server" in checked.line("no-server")
    (metadata,) = package.parent.glob("*.dist-info")
    shutil.rmtree(metadata)
    checked = check(environ={"PYTHONPATH": f"{package / 'bootstrap'}:{package.parent}"}, python=python)
    assert "no-metadata" in checked.slugs("error")
    assert "install it with pip" in checked.line("no-metadata")


@pytest.mark.parametrize("words", [(), ("--", "uvicorn", "--port", "0", "raw3:app")], ids=["", "command"])
def test_it_works_by_its_path_where_the_package_is_beside_the_app_s_own(
    words: tuple[str, ...], tmp_path: Path
) -> None:
    environment.create(tmp_path / "venv", symlinks=True, with_pip=False)
    python = str(tmp_path / "venv" / "bin" / "python")
    (packages,) = (tmp_path / "venv").glob("lib/python*/site-packages")
    for installed in SITE_PACKAGES.iterdir():
        if "sentry_asgi_autoconf" not in installed.name:
            (packages / installed.name).symlink_to(installed)
    package = copied_package(tmp_path / "opt")
    (metadata,) = SITE_PACKAGES.glob("sentry_asgi_autoconf-*.dist-info")
    shutil.copytree(metadata, package.parent / metadata.name)
    started = words and (words[0], python, "-m", *words[1:])
    for path, status in ((str(package / "bootstrap"), 0), (None, 1)):
        checked = check(*started, environ={"PYTHONPATH": path}, python=python, program=(str(package),))
        assert checked.status == status, checked.text
        assert checked.slugs("error") == ["bootstrap-missing"] * status
        assert not status or f"PYTHONPATH={package / 'bootstrap'}" in checked.line("bootstrap-missing")


# Set-up → the name of its warning, and what the line says of it.
DOUBTFUL: dict[str, tuple[Callable[[Path], Environ], str, str]] = {
    "a misspelt variable": (
        always({"SENTRY_TRACE_SAMPLE_RATE": "1"}),
        "unknown-setting",
        "SENTRY_TRACES_SAMPLE_RATE",
    ),
    "a value that is not allowed": (
        always({"SENTRY_TRACES_SAMPLE_RATE": "15"}),
        "invalid-setting",
        "from 0 to 1",
    ),
    "a hook that is not found": (
        always({"SENTRY_BEFORE_SEND": "no.such:hook"}),
        "unresolved-import",
        "no.such",
    ),
    "an environment in quotes": (
        always({"SENTRY_ENVIRONMENT": '"staging"'}),
        "invalid-setting",
        "SENTRY_ENVIRONMENT is '\"staging\"': it stands in quotes",
    ),
    "a release in quotes": (
        always({"SENTRY_RELEASE": "'shop@1'"}),
        "invalid-setting",
        "SENTRY_RELEASE is \"'shop@1'\": it stands in quotes",
    ),
    "a config file that is refused": (bad_config, "unreadable-config", "sentry.toml"),
    "a server that is left out": (
        always({"SENTRY_ASGI_DISABLED_SERVERS": "daphne"}),
        "left-alone",
        "SENTRY_ASGI_DISABLED_SERVERS excludes daphne",
    ),
    "no errors": (always({"SENTRY_SAMPLE_RATE": "0"}), "errors-off", "no error is reported"),
    "a status directory that is missing": (
        always({"SENTRY_ASGI_STATUS_DIR": "/no/such/directory"}),
        "unwritable-status",
        "/no/such/directory",
    ),
    "no working directory on the path": (
        always({"PYTHONSAFEPATH": "1"}),
        "safe-path",
        "hooks that settings name",
    ),
    "a relative path": (
        always({"PYTHONPATH": f"../../sentry_asgi_autoconf/bootstrap:{ROOT}"}),
        "relative-path",
        "Write the whole path",
    ),
    "an old server": (
        lambda tmp: {"PYTHONPATH": distribution(tmp, "daphne", "2.5.0")},
        "server-too-old",
        "daphne 2.5.0",
    ),
    "a server without an adapter": (
        lambda tmp: {"PYTHONPATH": distribution(tmp, "robyn", "0.60.0")},
        "no-adapter",
        "robyn 0.60.0",
    ),
}


@pytest.mark.parametrize(("doubtful", "slug", "says"), DOUBTFUL.values(), ids=DOUBTFUL.keys())
def test_what_costs_some_telemetry_is_a_warning(
    doubtful: Callable[[Path], Environ], slug: str, says: str, tmp_path: Path
) -> None:
    checked = check(environ=doubtful(tmp_path))
    assert (checked.status, checked.slugs("error")) == (0, [])
    assert slug in checked.slugs("warning"), checked.text
    assert says in checked.line(slug)
    assert f"Nothing keeps telemetry from flowing, 1 warning; {UNTRIED}." in checked.text


@pytest.mark.parametrize(
    ("directory", "name"),
    [
        ("ddtrace/bootstrap", "ddtrace"),
        ("newrelic/bootstrap", "New Relic"),
        ("opentelemetry/instrumentation/auto_instrumentation", "OpenTelemetry"),
    ],
)
def test_another_instrumentation_on_the_path_is_named(directory: str, name: str, tmp_path: Path) -> None:
    checked = check(environ={"PYTHONPATH": f"{BOOTSTRAP}:{tmp_path / directory}:{ROOT}"})
    assert checked.status == 0
    assert name in checked.line("other-instrumentation")


@pytest.mark.parametrize("exempt", ["127.0.0.1", "example.com, 127.0.0.1:9", ".0.0.1"])
def test_no_proxy_is_heeded_as_the_sdk_does(exempt: str) -> None:
    gone = {"http_proxy": "http://127.0.0.1:9", "no_proxy": None}
    assert check(environ={**gone, "NO_PROXY": "example.com,,"}).slugs("error") == ["proxy-unreachable"]
    assert check(environ={**gone, "NO_PROXY": exempt}).slugs("error") == []


@pytest.mark.parametrize("version", ["", "Version: dev\n", "Version: 2023-unknown\n"])
def test_a_server_of_unknown_version_is_not_taken_for_an_old_one(version: str, tmp_path: Path) -> None:
    path = distribution(tmp_path, "daphne", "0.0")
    written(tmp_path / "daphne-0.0.dist-info" / "METADATA", f"Metadata-Version: 2.1\nName: daphne\n{version}")
    checked = check(environ={"PYTHONPATH": path})
    assert (checked.status, checked.slugs("warning")) == (0, [])


@pytest.mark.parametrize(
    ("words", "letters"),
    [
        ("-I -m uvicorn", "I"),
        ("-W ignore -I -m uvicorn", "I"),
        ("-X dev -W ignore -I main.py", "I"),
        ("-Wignore -Xdev -SI main.py", "SI"),
        ("-OW ignore -I main.py", "OI"),
        ("-W I -X S -m uvicorn -I", ""),
        ("-uIm uvicorn -E", "uI"),
        ("-c pass -I", ""),
        ("--check-hash-based-pycs never -E main.py", "E"),
        ("-- -I", ""),
        ("- -I", ""),
        ("main.py -I", ""),
    ],
)
def test_the_options_of_a_python_are_told_from_their_values_and_the_program_s(
    words: str, letters: str
) -> None:
    assert _options_of(["python", *words.split()]) == letters


def test_two_installations_on_the_path_are_told_apart(tmp_path: Path) -> None:
    other = tmp_path / "sentry_asgi_autoconf" / "bootstrap"
    written(other / "sitecustomize.py", (BOOTSTRAP / "sitecustomize.py").read_text())
    checked = check(environ={"PYTHONPATH": f"{other}:{BOOTSTRAP}:{ROOT}"})
    assert checked.status == 0
    assert str(other) in checked.line("other-installation")


def test_a_sitecustomize_that_the_bootstrap_runs_is_in_order(tmp_path: Path) -> None:
    theirs = written(tmp_path / "sitecustomize.py", "")
    checked = check(environ={"PYTHONPATH": f"{BOOTSTRAP}:{tmp_path}:{ROOT}"})
    assert (checked.status, checked.slugs("warning")) == (0, [])
    assert f"{theirs} runs as well" in checked.line("chained")


def test_a_sound_environment_has_neither_errors_nor_warnings() -> None:
    checked = check(environ={"SENTRY_TRACES_SAMPLE_RATE": "0.5", "SENTRY_AUTO_ENABLING_INTEGRATIONS": None})
    assert (checked.status, checked.slugs("error"), checked.slugs("warning")) == (0, [], [])
    assert "sentry-sdk 2." in checked.text
    assert "uvicorn 0." in checked.line("servers")
    assert "fastapi 0." in checked.line("frameworks")
    assert "starlette" in checked.line("integrations")
    assert "project 42" in checked.line("destination")
    assert "0.5" in checked.line("tracing")
    assert checked.text.endswith(f"\nNothing keeps telemetry from flowing; {UNTRIED}.\n")


@pytest.mark.parametrize(("rate", "said"), [("1", "1.0, 10 a second at most"), ("", "alone starts none")])
def test_a_budget_is_told_beside_the_rate_that_it_lowers(rate: str, said: str) -> None:
    checked = check(environ={"SENTRY_ASGI_TRACES_PER_SECOND": "10", "SENTRY_TRACES_SAMPLE_RATE": rate})
    assert checked.status == 0
    assert said in checked.line("tracing")


def test_the_asyncio_integration_is_said_to_wait_for_the_loop_that_serves() -> None:
    checked = check(environ={"SENTRY_INTEGRATIONS": "asyncio"})
    assert checked.status == 0
    assert "asyncio (in each asyncio loop that serves)" in checked.line("integrations")


def test_run_gives_what_is_missing_to_the_check_too() -> None:
    words = ("run", "--", sys.executable, "-m", "sentry_asgi_autoconf", "check")
    result = cli(*words, environ={"SENTRY_DSN": DSN, "SENTRY_AUTO_ENABLING_INTEGRATIONS": "false"})
    assert result.returncode == 0, result.stdout
    assert "is first on PYTHONPATH" in result.stdout


def test_json_says_the_same() -> None:
    checked = check("--json", environ={"SENTRY_DSN": None})
    told = checked.json()
    assert (checked.status, told["flows"], told["processes"]) == (1, False, [])
    (error,) = [finding for finding in told["findings"] if finding["level"] == "error"]
    assert error["slug"] == "no-destination"
    assert error["text"].startswith("neither SENTRY_DSN")


def test_the_oldest_releases_of_servers_are_those_that_are_tested() -> None:
    page = (ROOT / "docs" / "reference" / "servers.md").read_text()
    tested = dict(re.findall(r"\b([a-z-]+) (\d[\d.]*\d)(?=,| and newer)", page))
    besides = dict(re.findall(r"^\| ([a-z0-9-]+)(?:\.\w+)?, from (\d[\d.]*\d)", page, re.MULTILINE))
    del tested["gunicorn"]  # its own worker is new; older releases have others
    assert {name: OLDEST[name] for name in {**tested, **besides}} == {**tested, **besides}


@pytest.mark.parametrize("words", [["--timeout", "0"], ["--timeout", "x"], ["--sent"]])
def test_wrong_usage_ends_with_status_2(words: list[str]) -> None:
    result = cli("check", *words)
    assert (result.returncode, result.stdout) == (2, "")
