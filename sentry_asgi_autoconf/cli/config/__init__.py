"""Explain the settings: what applies, where it comes from, what it overrode, and what is refused."""

from __future__ import annotations

import argparse
from typing import Any

from sentry_asgi_autoconf.cli.output import require_extra, write


def add_parser(subparsers: Any) -> None:
    """Register the command."""
    parser = subparsers.add_parser(
        "config",
        help="explain every setting, and check a deployment's",
        description="Show each setting that is not left at its default, where its value comes from, what it"
        " overrides, and what a policy says of it.",
        epilog="Exit status: 0 if everything is valid, 1 if a setting or a policy is refused, 2 for wrong usage.",
        allow_abbrev=False,
    )
    add, form = parser.add_argument, parser.add_mutually_exclusive_group().add_argument
    imports = parser.add_mutually_exclusive_group().add_argument
    add("--all", action="store_true", help="show the settings at their defaults too")
    form("--json", action="store_true", help="print one JSON object")
    schema = "print a JSON Schema of environment, policy and config file, and nothing else"
    form("--schema", action="store_true", help=schema)
    add("--env-file", metavar="FILE", help="check the variables of this file in place of this process's")
    add("--app", metavar="IMPORT_STRING", help="the app, whose pyproject.toml may hold settings")
    follow = "import what import strings name (default without --env-file)"
    imports("--imports", action="store_true", default=None, help=follow)
    imports("--no-imports", action="store_false", dest="imports", help="do not (default with --env-file)")
    parser.set_defaults(command=run)


def run(arguments: argparse.Namespace) -> int:
    """Print it; return 0 if everything is valid, else 1. Raises MissingExtraError."""
    if arguments.schema:
        from sentry_asgi_autoconf.cli.config.schema import as_json_schema

        write(as_json_schema())
        return 0
    if arguments.env_file is not None:
        require_extra("cli", needed_by="--env-file")
    from sentry_asgi_autoconf.cli.config import env_file, explanation

    file = None if arguments.env_file is None else env_file.read(arguments.env_file)
    follow = file is None if arguments.imports is None else arguments.imports
    explained = explanation.explain(file, arguments.app, follow=follow, all_of_them=arguments.all)
    if arguments.json:
        from sentry_asgi_autoconf.cli.config.as_json import as_json as render
    else:
        from sentry_asgi_autoconf.cli.config.table import as_table as render
    write(render(explained))
    return 1 if explained.problems else 0
