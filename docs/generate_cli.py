"""Write the reference page of the command line from its parsers: `python docs/generate_cli.py`."""

from __future__ import annotations

import os
from pathlib import Path

from sentry_asgi_autoconf.cli import PROGRAM, command_parsers

PAGE = Path(__file__).parent / "reference" / "cli.md"
_HEAD = f"""# Command line

What `{PROGRAM} COMMAND --help` prints. `python -m sentry_asgi_autoconf` is the same program, and so is
`python DIR` of a [bundle](../bundle.md).

Results go to standard output, all else to standard error. The exit status is 0 if all is well, 1 if something is wrong,
2 for wrong usage. Colours are for terminals alone: [`NO_COLOR`](https://no-color.org) switches them off, `FORCE_COLOR`
on, and `COLUMNS` sets the width.
"""


def page() -> str:
    """Return the page's text."""
    os.environ["COLUMNS"] = "100"
    os.environ["NO_COLOR"] = "1"
    sections = [
        f"## {name}\n\n```text\n{parser.format_help()}```\n" for name, parser in command_parsers().items()
    ]
    return "\n".join([_HEAD, *sections])


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
