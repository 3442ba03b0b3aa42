"""Watch for servers from interpreter start on, then give way to the sitecustomize that this file shadows.

Every Python on the machine runs this file: it imports os and sys alone, does next to nothing where no server is
imported, and parses on Python 2.7. What a server's import sets off is in `sentry_asgi_autoconf.servers.joining`.
"""

import os
import sys

TYPE_CHECKING = False  # typing would cost every interpreter 7 ms
if TYPE_CHECKING:
    from importlib.machinery import ModuleSpec  # noqa: F401 (type comments)
    from typing import Any, Optional  # noqa: F401 (type comments)

# The modules that tell of an app about to be served: the names of the built-in entry points, which cannot be read
# here for next to no cost (a test holds the two together).
TRIGGERS = (
    "a2wsgi.asgi",
    "anycorn.run",
    "awslambdaric.bootstrap",
    "azure.functions._http_asgi",
    "daphne.cli",
    "daphne.management.commands.runserver",
    "daphne.server",
    "fastapi_cli.cli",
    "granian.asgi",
    "granian.server",
    "granian.server.embed",
    "gunicorn.app.base",
    "gunicorn.workers.gasgi",
    "hypercorn.asyncio.run",
    "hypercorn.trio.run",
    "litestar.cli._utils",
    "mangum.adapter",
    "modal._runtime.asgi",
    "modal._runtime.user_code_imports",
    "ray.serve._private.http_util",
    "ray.serve._private.replica",
    "ray.serve.handle",
    "socketify.asgi",
    "socketify.cli",
    "uvicorn.config",
    "uvicorn.server",
    "zappa.asgi",
)

# The modules of frameworks whose apps an unknown server may serve, of which a line at level info tells.
FRAMEWORKS = (
    "django.core.handlers.asgi",
    "fastapi.applications",
    "litestar.app",
    "quart.app",
    "sanic.app",
    "starlette.applications",
)

# The module of the SDK's clients: what an app's own init says is kept from the first on.
CLIENTS = "sentry_sdk.client"

# Commands that put their own directory first on PYTHONPATH, whose sitecustomize runs no other, and become a server.
STARTERS = ("elasticapm-run", "opentelemetry-instrument")

_HERE = os.path.dirname(os.path.abspath(__file__))

_PACKAGE = "sentry_asgi_autoconf"
# Where it is if the environment has none: in the bundle that has this file at its root, or around this directory.
_PLACES = (os.path.join(_HERE, "any"), os.path.dirname(os.path.dirname(_HERE)))


class SpecFinder(object):
    """Answer the search for one module with the spec that is given, while a `with` statement runs."""

    def __init__(self, spec):
        # type: (ModuleSpec) -> None
        self.spec = spec

    def find_spec(self, name, path=None, target=None):
        # type: (str, Any, Any) -> Optional[ModuleSpec]
        """Return the spec for its name."""
        return self.spec if name == self.spec.name else None

    def __enter__(self):
        # type: () -> None
        sys.meta_path.insert(0, self)

    def __exit__(self, *error):
        # type: (Any) -> None
        sys.meta_path.remove(self)


def search(name, directories):
    # type: (str, Any) -> Optional[ModuleSpec]
    """Return the spec of a module in these directories."""
    finder = sys.modules["_frozen_importlib_external"].PathFinder
    return finder.find_spec(name, directories)  # type: ignore[no-any-return] # of a module without types


class TriggerFinder(object):
    """Answer for trigger modules alone, through the package's import hook."""

    def __init__(self, triggers):
        # type: (set[str]) -> None
        self.triggers = triggers
        self.directory = _HERE
        self.places = _PLACES

    def find_spec(self, name, path=None, target=None):
        # type: (str, Any, Any) -> Optional[ModuleSpec]
        """Return the spec of a trigger module, None for any other: all that an import which is no trigger pays."""
        if name not in self.triggers:
            return None
        hook = self.hook()
        return hook.find_spec(self, name, path, target) if hook else None

    def hook(self):
        # type: () -> Any
        """Import the package's import hook; None, with one line on stderr, if that fails."""
        try:
            try:
                from sentry_asgi_autoconf.servers import joining
            except ImportError:
                spec = search(_PACKAGE, self.places)
                if spec is None or _PACKAGE in sys.modules:
                    raise
                # By its spec: what is beside it concerns a process that serves, and no other.
                with SpecFinder(spec):
                    from sentry_asgi_autoconf.servers import joining
            return joining
        except Exception as error:
            self.triggers.clear()
            if sys.stderr is not None:
                what = "cannot be imported, the process goes on without Sentry: %s: %s [unexpected-error]"
                sys.stderr.write("sentry-asgi-autoconf: %s\n" % (what % (type(error).__name__, error)))
            return None


def install():
    # type: () -> None
    """Put one finder on sys.meta_path, unless switched off or another bootstrap directory has done so."""
    triggers = set()  # type: set[str]
    switch = os.environ.get("SENTRY_ASGI_ENABLED", "").strip().lower()
    is_on = switch not in ("0", "f", "false", "n", "no", "off", "disabled")
    if is_on:
        watched = os.environ.get("SENTRY_ASGI_WATCH", "").split(",")
        triggers.update({CLIENTS}, TRIGGERS, FRAMEWORKS, filter(None, (name.strip() for name in watched)))
    if os.environ.get("_SENTRY_ASGI_INBOX"):  # set by `run --inbox`, whose redirection has no switch
        triggers.add(CLIENTS)
    if not triggers or any(type(finder).__name__ == TriggerFinder.__name__ for finder in sys.meta_path):
        return
    finder = TriggerFinder(triggers)
    sys.meta_path.insert(0, finder)
    everywhere = is_on and os.environ.get("SENTRY_ASGI_PROCESSES", "").strip().lower() == "all"
    if everywhere or not finder.triggers.isdisjoint(sys.modules):
        hook = finder.hook()
        if hook:
            hook.begin(finder, everywhere)


def run_shadowed():
    # type: () -> None
    """Import the next sitecustomize on the path. What it raises leaves here, for site to report as without us."""
    entries = [os.path.abspath(entry) for entry in sys.path]
    later = sys.path[entries.index(_HERE) + 1 :] if _HERE in entries else []
    spec = search("sitecustomize", later)
    if spec is None:
        return
    # Dropped, so that the import below executes theirs and sys.modules ends as it would without us.
    sys.modules.pop("sitecustomize", None)
    entry = own_entry()
    try:
        with SpecFinder(spec):
            import sitecustomize  # type: ignore[import-not-found] # noqa: F401 (imported to run it)
    finally:
        stay_first(entry)


def own_entry():
    # type: () -> str
    """Return how PYTHONPATH names this directory, empty if it does not."""
    entries = os.environ.get("PYTHONPATH", "").split(os.pathsep)
    return next((entry for entry in entries if entry and os.path.abspath(entry) == _HERE), "")


def stay_first(entry):
    # type: (str) -> None
    """Go before what others have put in front of `entry` on PYTHONPATH, or children would run their file alone."""
    entries = os.environ.get("PYTHONPATH", "").split(os.pathsep)
    if entry and entry in entries[1:]:
        entries.remove(entry)
        entries.insert(0, entry)
        os.environ["PYTHONPATH"] = os.pathsep.join(entries)


def stay_first_in_servers():
    # type: () -> None
    """Stay first in what this process becomes, if it is one of the starters."""
    script = os.path.basename((getattr(sys, "argv", None) or [""])[0])
    if script in STARTERS and hasattr(sys, "addaudithook"):
        entry = own_entry()
        sys.addaudithook(lambda event, arguments: stay_first(entry) if event == "os.exec" else None)


if sys.version_info >= (3, 7):
    install()
    stay_first_in_servers()
    run_shadowed()
else:
    # Too old to be served by us: only run the shadowed file. Its absence is an ImportError, which site expects.
    import imp  # type: ignore[import-not-found, unused-ignore] # gone from the Pythons that mypy knows

    later = [entry for entry in sys.path if os.path.abspath(entry) != _HERE]
    found = imp.find_module("sitecustomize", later)
    imp.load_module("sitecustomize", *found)
