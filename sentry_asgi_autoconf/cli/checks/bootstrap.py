"""The interpreter, the bootstrap on its path and a bundle around it: whether it has run, and what is in its way."""

from __future__ import annotations

import hashlib
import json
import os
import sys
from pathlib import Path
from typing import Iterator, Mapping

from sentry_asgi_autoconf import entry_points
from sentry_asgi_autoconf.cli import installation
from sentry_asgi_autoconf.cli.checks.findings import Finding, error, ok, warning
from sentry_asgi_autoconf.cli.path import BOOTSTRAP_DIRECTORY, PACKAGE_DIRECTORY, is_bootstrap
from sentry_asgi_autoconf.settings.values import parse_boolean

# By option, in the order in which they matter: the first implies the second.
INTERPRETER_OPTIONS = {
    "I": ("isolated-interpreter", "ignores PYTHONPATH, and so the bootstrap"),
    "E": ("environment-ignored", "ignores PYTHONPATH, and so the bootstrap"),
    "S": ("no-site", "does not import site, and so runs no sitecustomize"),
}
# How the directory ends that each of them puts on PYTHONPATH → its name, and the command that puts it first.
_OTHERS = {
    "ddtrace/bootstrap": ("ddtrace", "ddtrace-run"),
    "elasticapm/instrumentation/wrapper": ("Elastic APM", "elasticapm-run"),
    "newrelic/bootstrap": ("New Relic", "newrelic-admin run-program"),
    "opentelemetry/instrumentation/auto_instrumentation": ("OpenTelemetry", "opentelemetry-instrument"),
}
_EXPORT = f"export PYTHONPATH={BOOTSTRAP_DIRECTORY}, or start the server with `sentry-asgi-autoconf run`."
_CLOSED = f"{{path}}, which `install` wrote, does nothing unless {installation.GATE} is set. Set it to true."


def find_all() -> Iterator[Finding]:
    """Look at the interpreter that runs the check, its path, and others that instrument the same processes."""
    yield from _find_interpreter()
    yield from _find_virtual_environment()
    installed = list(_find_installed())
    yield from installed
    # What is skipped here is said of the interpreter, of what is installed for it, and of the settings.
    entries = path_entries(os.environ)
    is_skipped = sys.flags.ignore_environment or sys.flags.no_site or is_disabled(os.environ)
    if not is_skipped and (any(map(_is_any_bootstrap, entries)) or not installed):
        yield from _find_bootstrap(entries)
    for entry in path_entries(os.environ):
        product, _ = _product_of(entry)
        if product:
            yield warning(
                "other-instrumentation",
                f"{product} instruments the same processes, by {entry}: both patch the same libraries. If one of"
                " them seems to miss something, try it without the other.",
            )


def path_entries(environ: Mapping[str, str]) -> list[str]:
    """Return the entries of an environment's PYTHONPATH."""
    return [entry for entry in environ.get("PYTHONPATH", "").split(os.pathsep) if entry]


def is_disabled(environ: Mapping[str, str]) -> bool:
    """Whether this environment switches everything off."""
    return parse_boolean(environ.get("SENTRY_ASGI_ENABLED", "")) is False


def explain_closed_gate(environ: Mapping[str, str]) -> Finding | None:
    """Name the file that does nothing in a process with this environment, if one is installed for its interpreter."""
    path = next(installation.find_own(), None)
    if path is None or environ.get(installation.GATE):
        return None
    return error("gate-closed", _CLOSED.format(path=path))


def find_shadowing(entries: list[str], where: str = "the path") -> Finding | None:
    """Name the sitecustomize that hides the bootstrap's in these entries of a path, if there is one."""
    for entry in entries:
        if is_bootstrap(entry):
            return None
        for name in ("sitecustomize/__init__.py", "sitecustomize.py"):
            if (Path(entry) / name).is_file():
                return _shadowed(str(Path(entry) / name), entries, where)
    return None


def explain_missing(entries: list[str]) -> Finding:
    """Say why these entries of a path have no bootstrap, as far as it can be told."""
    for entry in entries:
        path = Path(entry)
        if _is_named_like_ours(path):
            return error(
                "bootstrap-absent",
                f"PYTHONPATH names {entry}, where there is no sitecustomize.py: is its volume mounted? {_EXPORT}",
            )
        if path.name == "sentry_asgi_autoconf" or (path / "sentry_asgi_autoconf" / "bootstrap").is_dir():
            return error(
                "wrong-directory",
                f"PYTHONPATH names {entry}, which holds the package. It must name the package's directory bootstrap"
                f" instead. {_EXPORT}",
            )
    return error("bootstrap-missing", f"The bootstrap is not on PYTHONPATH: no server finds it. {_EXPORT}")


def _find_interpreter() -> Iterator[Finding]:
    version = ".".join(map(str, sys.version_info[:3]))
    flags = {"I": sys.flags.isolated, "E": sys.flags.ignore_environment, "S": sys.flags.no_site}
    option = next((each for each in INTERPRETER_OPTIONS if flags[each]), None)
    # What `install` writes is run all the same.
    if option is None or _has_run():
        yield ok("interpreter", f"Python {version}, {sys.executable}")
    else:
        slug, what = INTERPRETER_OPTIONS[option]
        yield error(
            slug, f"Python {version} was started with -{option}: it {what}. Start it without that option."
        )
    if getattr(sys.flags, "safe_path", False):
        yield warning(
            "safe-path",
            "PYTHONSAFEPATH (or -P) keeps the working directory off the path: apps, and hooks that settings name,"
            " are found only if they are installed.",
        )


def _find_installed() -> Iterator[Finding]:
    """Look at what `install` has written for this interpreter."""
    for path in installation.find_own():
        directory = installation.bootstrap_of(path)
        if not (Path(directory) / "sitecustomize.py").is_file():
            yield error(
                "bootstrap-absent",
                f"{path} names {directory}, where there is no sitecustomize.py: is its volume mounted? Otherwise run"
                " `sentry-asgi-autoconf install` again, or `uninstall`.",
            )
        elif not os.environ.get(installation.GATE):
            yield (warning if _has_run() else error)("gate-closed", _CLOSED.format(path=path))
        elif _has_run():
            yield ok("installed", f"{path} runs the bootstrap in {directory}")
        elif not (sys.flags.no_site or is_disabled(os.environ)):
            broken = error(
                "bootstrap-broken", f"The bootstrap in {directory}, which {path} names, has not run."
            )
            yield find_shadowing(path_entries(os.environ)) or broken


def _has_run() -> bool:
    return any(type(finder).__name__ == "TriggerFinder" for finder in sys.meta_path)


def _find_virtual_environment() -> Iterator[Finding]:
    named = os.environ.get("VIRTUAL_ENV", "").strip()
    if not named or os.path.realpath(named) == os.path.realpath(sys.prefix):
        return
    what = f"VIRTUAL_ENV is {named}, but this check runs in {sys.prefix}"
    if _has_sdk(Path(named)):
        yield warning("other-virtualenv", f"{what}: run the check in the environment of the server.")
    else:
        yield error(
            "other-virtualenv",
            f"{what}; a server in VIRTUAL_ENV has no sentry-sdk. Install the package there.",
        )


def _has_sdk(environment: Path) -> bool:
    try:
        return any(
            any(environment.glob(f"{packages}/sentry_sdk"))
            for packages in ("lib/python*/site-packages", "Lib/site-packages")
        )
    except (OSError, ValueError):
        return False


def _find_bootstrap(entries: list[str]) -> Iterator[Finding]:
    ours = [entry for entry in entries if is_bootstrap(entry)]
    others = [entry for entry in entries if _is_any_bootstrap(entry) and not is_bootstrap(entry)]
    others = [entry for entry in others if (Path(entry) / "sitecustomize.py").is_file()]
    file = getattr(sys.modules.get("sitecustomize"), "__file__", None)
    is_other_file = bool(file) and not is_bootstrap(str(Path(str(file)).parent))
    if _has_run():
        yield from _find_running(entries, ours, others)
        if is_other_file and Path(str(file)) not in installation.find_own():
            yield ok("chained", f"{file} runs as well")
    elif not (ours or others):
        yield explain_missing(entries)
    else:
        shadowing = find_shadowing(entries) or (_shadowed(str(file), entries) if is_other_file else None)
        yield shadowing or error(
            "bootstrap-broken", f"The bootstrap on PYTHONPATH has not run: reinstall it. {_EXPORT}"
        )


def _find_running(entries: list[str], ours: list[str], others: list[str]) -> Iterator[Finding]:
    if ours:
        where = "first on PYTHONPATH" if is_bootstrap(entries[0]) else "on PYTHONPATH, not first"
        yield ok("bootstrap", f"{ours[0]} is {where}, and has run")
    elif not others:
        yield ok("bootstrap", "a bootstrap has run that is not on PYTHONPATH")
    if others:
        yield warning(
            "other-installation",
            f"PYTHONPATH has the bootstrap of another installation, {others[0]}: this one is in"
            f" {BOOTSTRAP_DIRECTORY}. Keep one of them.",
        )
    relative = next((entry for entry in ours if not Path(entry).is_absolute()), None)
    if relative:
        yield warning(
            "relative-path",
            f"PYTHONPATH names the bootstrap as {relative}: a server that is started in another directory does not"
            " find it. Write the whole path.",
        )


def _shadowed(file: str, entries: list[str], where: str = "the path") -> Finding:
    """Name the sitecustomize that hides the bootstrap's, whose it is, and the order that works."""
    directory = Path(file).parent
    name, starter = _product_of(str(directory.parent if directory.name == "sitecustomize" else directory))
    whose = f", which is {name}'s," if name else ""
    order = os.pathsep.join(
        dict.fromkeys([BOOTSTRAP_DIRECTORY, *(entry for entry in entries if not is_bootstrap(entry))])
    )
    through = f", or start it as `{starter} sentry-asgi-autoconf run -- CMD`" if starter else ""
    return error(
        "shadowed",
        f"{file}{whose} comes before the bootstrap on {where}, and Python runs the first sitecustomize only. Put the"
        f" bootstrap first; it runs the other one too: PYTHONPATH={order}{through}.",
    )


def _product_of(directory: str) -> tuple[str, str]:
    """Return the name of the product whose directory it is, and the command that puts it first on the path."""
    path = directory.replace("\\", "/").rstrip("/")
    return next((_OTHERS[ending] for ending in _OTHERS if path.endswith(ending)), ("", ""))


def _is_named_like_ours(path: Path) -> bool:
    is_bundle = entry_points.bundle_of(path / entry_points.ANY) is not None
    return is_bundle or (path.parent.name, path.name) == ("sentry_asgi_autoconf", "bootstrap")


def _is_any_bootstrap(entry: str) -> bool:
    return is_bootstrap(entry) or _is_named_like_ours(Path(entry))


def find_bundle() -> Iterator[Finding]:
    """Compare the bundle's files with its manifest, if there is a bundle."""
    root = entry_points.bundle_of(PACKAGE_DIRECTORY.parent)
    if root is None:
        return
    try:
        told = json.loads((root / entry_points.MANIFEST).read_text("utf-8"))
        version, files = str(told["version"]), dict(told["files"])
    except (OSError, ValueError, KeyError, TypeError):
        version, files = "unknown", {entry_points.MANIFEST: ""}
    other = [name for name, sha256 in sorted(files.items()) if _sha256(root / name) != sha256]
    if other:
        what = f"{len(other)} of {len(files)} files of the bundle {root} are missing or changed, first {other[0]}"
        yield error("bundle-damaged", f"{what}: write it again.")
    else:
        yield ok("bundle", f"{root} is the bundle of release {version}, whole")


def _sha256(path: Path) -> str | None:
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError:
        return None
