"""The bootstrap directory on PYTHONPATH: whether Python has run it, and what is in its way."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any, Iterator, Mapping

from sentry_asgi_autoconf.cli.checks import conflicts
from sentry_asgi_autoconf.cli.checks.finding import Finding, error, ok, warning
from sentry_asgi_autoconf.cli.path import BOOTSTRAP_DIRECTORY, is_bootstrap
from sentry_asgi_autoconf.settings.values import parse_boolean

_EXPORT = f"export PYTHONPATH={BOOTSTRAP_DIRECTORY}, or start the server with `sentry-asgi-autoconf run`."


def findings() -> Iterator[Finding]:
    """Look at the path that this process was started with."""
    if sys.flags.ignore_environment or sys.flags.no_site:
        return  # said of the interpreter
    entries = entries_of(os.environ)
    if parse_boolean(os.environ.get("SENTRY_ASGI_ENABLED", "")) is False:
        return  # said of the settings
    if _has_run():
        yield from _running(entries)
    elif any(is_bootstrap(entry) or _is_another(entry) for entry in entries):
        yield _not_run(entries)
    else:
        yield missing(entries)


def entries_of(environ: Mapping[str, str]) -> list[str]:
    """Return the entries of an environment's PYTHONPATH."""
    return [entry for entry in environ.get("PYTHONPATH", "").split(os.pathsep) if entry]


def shadowing(entries: list[str]) -> str | None:
    """Give the sitecustomize that comes before the bootstrap's in these entries of a path."""
    for entry in entries:
        if is_bootstrap(entry):
            return None
        for name in ("sitecustomize/__init__.py", "sitecustomize.py"):
            if (Path(entry) / name).is_file():
                return str(Path(entry) / name)
    return None


def _has_run() -> bool:
    return any(type(finder).__name__ == "TriggerFinder" for finder in sys.meta_path)


def _running(entries: list[str]) -> Iterator[Finding]:
    ours = [entry for entry in entries if is_bootstrap(entry)]
    others = [entry for entry in entries if _is_another(entry)]
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
    file = _file_of_sitecustomize()
    if file and not is_bootstrap(str(Path(file).parent)):
        yield ok("chained", f"{file} runs as well")


def shadowed(file: str, entries: list[str], where: str = "the path") -> Finding:
    """Name the sitecustomize that hides the bootstrap's, whose it is, and the order that works."""
    directory = str(Path(file).parent)
    directory = str(Path(directory).parent) if Path(directory).name == "sitecustomize" else directory
    name, starter = conflicts.product_of(directory) or ("", "")
    whose = f", which is {name}'s," if name else ""
    order = os.pathsep.join(
        dict.fromkeys([BOOTSTRAP_DIRECTORY, *(e for e in entries if not is_bootstrap(e))])
    )
    through = f", or start it as `{starter} sentry-asgi-autoconf run -- CMD`" if starter else ""
    return error(
        "shadowed",
        f"{file}{whose} comes before the bootstrap on {where}, and Python runs the first sitecustomize only. Put the"
        f" bootstrap first, which runs the other one too: PYTHONPATH={order}{through}.",
    )


def _not_run(entries: list[str]) -> Finding:
    file = shadowing(entries) or _file_of_sitecustomize()
    if file is None or is_bootstrap(str(Path(file).parent)):
        return error("bootstrap-broken", f"The bootstrap on PYTHONPATH has not run: reinstall it. {_EXPORT}")
    return shadowed(file, entries)


def missing(entries: list[str]) -> Finding:
    """Say why these entries of a path have no bootstrap, as far as it can be told."""
    for entry in entries:
        path = Path(entry)
        if (path.parent.name, path.name) == ("sentry_asgi_autoconf", "bootstrap"):
            return error(
                "bootstrap-absent",
                f"PYTHONPATH names {entry}, where there is no sitecustomize.py: is its volume mounted? {_EXPORT}",
            )
        if path.name == "sentry_asgi_autoconf" or (path / "sentry_asgi_autoconf" / "bootstrap").is_dir():
            return error(
                "wrong-directory",
                f"PYTHONPATH names {entry}, which holds the package: it is its directory bootstrap that Python has"
                f" to find. {_EXPORT}",
            )
    return error("bootstrap-missing", f"The bootstrap is not on PYTHONPATH: no server finds it. {_EXPORT}")


def _is_another(entry: str) -> bool:
    path = Path(entry)
    is_named_so = (path.parent.name, path.name) == ("sentry_asgi_autoconf", "bootstrap")
    return is_named_so and not is_bootstrap(entry) and (path / "sitecustomize.py").is_file()


def _file_of_sitecustomize() -> str | None:
    module: Any = sys.modules.get("sitecustomize")
    return getattr(module, "__file__", None)
