"""Explain the settings: what applies, where it comes from, what it overrode, and what is refused."""

from __future__ import annotations

import argparse
import functools
from typing import TYPE_CHECKING, Any

from sentry_asgi_autoconf.cli.output import require_extra, write

if TYPE_CHECKING:
    from sentry_asgi_autoconf.cli.config.explanation import Explanation


def add_parser(subparsers: Any) -> None:
    """Register the command."""
    parser = subparsers.add_parser(
        "config",
        help="explain every setting, and check those of a deployment",
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
    one = "explain one setting, a variable or a key of a file, layer by layer"
    what = parser.add_mutually_exclusive_group().add_argument
    what("--explain", metavar="NAME", help=one)
    diff = "show what the policy NEW would change here in place of OLD; each is a file, or '' for none"
    what("--diff", nargs=2, metavar=("OLD", "NEW"), help=diff)
    add("--env-file", metavar="FILE", help="check the variables of this file in place of this process's")
    add("--app", metavar="IMPORT_STRING", help="the app, whose pyproject.toml may hold settings")
    follow = "import what import strings name (default without --env-file)"
    imports("--imports", action="store_true", default=None, help=follow)
    imports(
        "--no-imports",
        action="store_false",
        dest="imports",
        help="do not import it (default with --env-file)",
    )
    parser.set_defaults(command=run)


def run(arguments: argparse.Namespace) -> int:
    """Print it; return 0 if everything is valid, else 1. Raises MissingExtraError."""
    if arguments.schema:
        from sentry_asgi_autoconf.cli.config.schema import as_json_schema

        write(as_json_schema())
        return 0
    if arguments.env_file is not None:
        require_extra("cli", needed_by="--env-file")
    from sentry_asgi_autoconf.cli.config import explanation

    file = None if arguments.env_file is None else explanation.read_env_file(arguments.env_file)
    follow = file is None if arguments.imports is None else arguments.imports
    explain = functools.partial(explanation.explain, file, arguments.app, follow=follow)
    if arguments.explain is not None:
        return _tell_one(explain(all_of_them=True), arguments)
    if arguments.diff is not None:
        before, after = (explain(all_of_them=True, policy=path) for path in arguments.diff)
        return _tell_differences(before, after, arguments)
    explained = explain(all_of_them=arguments.all)
    if arguments.json:
        from sentry_asgi_autoconf.cli.config.as_json import as_json as render
    else:
        from sentry_asgi_autoconf.cli.config.table import as_table as render
    write(render(explained))
    return 1 if explained.problems else 0


def _tell_one(explained: Explanation, arguments: argparse.Namespace) -> int:
    from sentry_asgi_autoconf.cli.config import as_json, explanation, table

    row = explanation.row_named(explained, arguments.explain)
    write(as_json.story_as_json(row) if arguments.json else table.as_story(row))
    return 0


def _tell_differences(before: Explanation, after: Explanation, arguments: argparse.Namespace) -> int:
    from sentry_asgi_autoconf.cli.config import as_json, explanation, table

    found = list(explanation.differences(before, after))
    render = as_json.differences_as_json if arguments.json else table.as_differences
    write(render(found, after))
    return 1 if after.problems else 0
