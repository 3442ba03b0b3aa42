"""Import strings: their syntax, and what they lead to."""

from __future__ import annotations

import contextlib
import importlib.util
import os
import re
import sys
from pathlib import Path
from types import FunctionType, MethodType
from typing import Callable, Iterator, NamedTuple, Sequence, TypeVar

from sentry_asgi_autoconf.console import printable
from sentry_asgi_autoconf.exceptions import UnresolvedImportError

_NAME_OR_IMPORT_STRING = r"[\w.:-]+\Z"

_T = TypeVar("_T")


class ImportReference(str):
    """An import string `package.module:attribute`, not imported yet."""

    __slots__ = ()

    @classmethod
    def parse(cls, text: str) -> ImportReference:
        """Check the syntax only. Raises ValueError."""
        module, colon, attribute = text.partition(":")
        if not colon:
            raise ValueError("the colon between module and attribute is missing")
        if not (is_dotted_name(module) and is_dotted_name(attribute)):
            raise ValueError("the parts on both sides of the colon must be dotted names")
        return cls(text)

    def resolve(self) -> object:
        """Import the module and walk to the attribute. Raises UnresolvedImportError."""
        reached, _, path = self.partition(":")
        found = import_whole(reached)
        for name in path.split("."):
            found = _attribute(found, name, reached)
            reached += f".{name}"
        return found


class IntegrationReference(str):
    """An integration of the SDK by its short name (`redis`), or any integration by import string."""

    __slots__ = ()

    @classmethod
    def parse(cls, text: str) -> IntegrationReference:
        """Take either; a short name may be written `AWS-Lambda` too. Raises ValueError.

        Which names there are, and whether an import string leads anywhere, the installed SDK decides.
        """
        if not re.match(_NAME_OR_IMPORT_STRING, text):
            raise ValueError("neither a short name such as redis nor an import string package.module:Class")
        return cls(text if ":" in text else text.lower().replace("-", "_"))

    @property
    def is_import_string(self) -> bool:
        """Whether this is `package.module:Class` and no short name."""
        return ":" in self


class Package(NamedTuple):
    """The package, or module, that an app is of: the topmost, or the one below a namespace that many share.

    `file` is the module's, or the package's `__init__`, which a package without one would have there.
    """

    name: str
    file: Path

    @property
    def is_module(self) -> bool:
        """Whether it is a single file."""
        return not self.file.name.startswith("__init__.")

    def root(self, file: Path | None = None) -> Path:
        """Return the directory that it is imported from; of its `file` by another path, the one there."""
        return (file or self.file).parents[0 if self.is_module else self.name.count(".") + 1]


def package_of(app: str) -> Package | None:
    """Return what the app of an import string is a part of, None if that is not found. Imports nothing."""
    top, *below = app.partition(":")[0].split(".")
    try:
        spec = importlib.util.find_spec(top)
        if spec is None or spec.origin in ("built-in", "frozen"):
            return None
        if spec.origin and spec.has_location:
            return Package(top, _absolute(spec.origin))
        for location in map(_absolute, spec.submodule_search_locations or ()):
            if below and (location / below[0]).is_dir():
                return Package(f"{top}.{below[0]}", location / below[0] / "__init__.py")
            if below and (location / f"{below[0]}.py").is_file():
                return Package(top, location / "__init__.py")
    except (ImportError, AttributeError, ValueError, OSError):
        pass
    return None


def _absolute(path: str) -> Path:
    """Return it as the SDK has it in frames."""
    return Path(os.path.normpath(str(Path(path).absolute())))


def is_dotted_name(text: str) -> bool:
    """Whether every part between the dots is a Python name."""
    return all(part.isidentifier() for part in text.split("."))


def import_whole(module: str) -> object:
    """Import `module`. Raises UnresolvedImportError, its cause the module's own error."""
    try:
        return guarded(lambda: importlib.import_module(module), f"importing {module}")
    except UnresolvedImportError as error:
        cause = error.__cause__
        # It, or a package on the way to it, and no module that it imports itself.
        if isinstance(cause, ModuleNotFoundError) and f"{module}.".startswith(f"{cause.name}."):
            raise UnresolvedImportError(
                f"there is no module {printable(str(cause.name))}",
                remedy="Check the spelling, and that the module is on the server's import path.",
            ) from cause
        raise


@contextlib.contextmanager
def found_in(directories: Sequence[str]) -> Iterator[None]:
    """Find modules in these directories first, as a server will that is about to put them on the import path."""
    sys.path[:0] = directories
    try:
        yield
    finally:
        for directory in directories:
            if directory in sys.path:
                sys.path.remove(directory)


def guarded(action: Callable[[], _T], doing: str) -> _T:
    """Run code that is not ours. Raises UnresolvedImportError that tells whatever that code raises."""
    try:
        return action()
    except (Exception, SystemExit) as error:  # Foreign code may raise anything, and must not end the server.
        what = f"{doing} raised {described(error)}"
        raise UnresolvedImportError(what, remedy="Fix that error, or name another.") from error


def described(error: BaseException) -> str:
    """Return type and message of an error on one line, free of credentials."""
    try:
        message = " ".join(str(error).split())
    except Exception:  # An error class of foreign code may fail to print itself.
        message = ""
    name = type(error).__name__
    return f"{name}: {printable(message, 200)}" if message else name


def name_of(app: object) -> str:
    """Name an app for the operator: a function or class by itself, an object by its class."""
    named = app if isinstance(app, (type, FunctionType, MethodType)) else type(app)
    return f"{named.__module__}.{named.__qualname__}"


def _attribute(owner: object, name: str, reached: str) -> object:
    try:
        return guarded(lambda: getattr(owner, name), f"reading {reached}.{name}")
    except UnresolvedImportError as error:
        if isinstance(error.__cause__, AttributeError):
            raise UnresolvedImportError(
                f"{reached} has no attribute {name}", remedy="Check the part after the colon."
            ) from error.__cause__
        raise
