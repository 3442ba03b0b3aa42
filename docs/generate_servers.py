"""Write `docs/reference/servers.md` from the result of the matrix of servers; `--check` only compares the two.

The matrix leaves its result in `.cache/servers.json`: python -m pytest -m matrix
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any, Iterator

ROOT = Path(__file__).parent.parent
RESULT = ROOT / ".cache" / "servers.json"
TARGET = Path(__file__).parent / "reference" / "servers.md"

INTRODUCTION = """\
# Servers

<!-- Written by docs/generate_servers.py from the result of the tests: python -m pytest -m matrix -->

Each mark is a test with the real server: the app is served, wrapped exactly once in each process that serves it and
in no other, and sends the events and transactions that it sends instrumented by hand. *Websocket* is a conversation
and an error in one, with each app of the row that speaks it. *No lifespan* is a plain app that refuses the lifespan
scope. Litestar and Quart have no column: a row that serves them names them, with their mark.

| | |
|---|---|
| ✓ | tested |
| no | the server does not serve such an app in that mode, or not reliably |
| – | does not apply: the row is a framework's own command, which serves that framework's apps alone |
"""

BEYOND = """\
## Where there is no server of its own

Each has tests with the real library, in the same terms, but not for every kind of app.

| | how it is tested |
|---|---|
| [AWS Lambda](../aws-lambda.md), mangum from 0.17 | AWS's runtime client at a local interface, frozen between calls |
| zappa, from 0.62.0 (AWS Lambda) | the same; initialised by the first request, so not when its app cannot be imported |
| azure-functions, from 1.21 | `AsgiFunctionApp` and `AsgiMiddleware`, called as the Functions worker calls them |
| a2wsgi.ASGIMiddleware, from 1.10 | under gunicorn's WSGI workers |
| socketify, from 0.0.31 | its command line and `ASGI(app).run(workers=2)` |
| [Ray Serve](../ray-serve.md), from 2.9 | a cluster of two nodes, of which one ends under load |
| Modal, from 1.0 | **its own wrapper in a local process: not run in Modal's cloud** |
| `fastapi`, `litestar`, `quart`, Django's `runserver` | rows above |

## What is left alone

WSGI and RSGI apps, test clients (Starlette's TestClient, httpx's ASGITransport, asgiref's communicators),
[servers and apps that a setting names](settings.md#sentry_asgi_disabled_servers),
[servers that have no adapter](other-servers.md), with the reason for each.
"""

COLUMNS = ("ASGI 3", "ASGI 2", "FastAPI", "Django", "no lifespan", "websocket")
OTHER_APPS = ("Litestar", "Quart")


def page(result: dict[str, Any]) -> str:
    """Return the whole page."""
    return "\n".join([INTRODUCTION, *_sections(result), BEYOND])


def _sections(result: dict[str, Any]) -> Iterator[str]:
    for server, modes in result["cells"].items():
        yield f"## {server}\n"
        releases = result["releases"].get(server, {})
        if releases:
            yield _oldest(releases)
        yield f"| | {' | '.join(COLUMNS)} |"
        yield "|---" * (len(COLUMNS) + 1) + "|"
        for mode, kinds in modes.items():
            others = "".join(f" ({kind} ✓)" for kind in OTHER_APPS if kind in kinds)
            # What serves no plain app is a framework's own command.
            otherwise = "no" if "ASGI 3" in kinds else "–"
            marks = " | ".join("✓" if column in kinds else otherwise for column in COLUMNS)
            yield f"| `{mode}`{others} | {marks} |"
        yield ""
    for server in result["releases"].keys() - result["cells"].keys():
        yield f"## {server}\n\n{_oldest(result['releases'][server])}"


def _oldest(releases: dict[str, list[str]]) -> str:
    named = (f"{distribution} {' and '.join(found)}" for distribution, found in releases.items())
    return (
        f"Tested with the oldest release that is supported, and the newest: {', '.join(named)} and newer.\n"
    )


def main() -> int:
    """Write the page, or tell whether it is what the result says."""
    if not RESULT.exists():
        print("there is no result: python -m pytest -m matrix", file=sys.stderr)
        return 1
    text = page(json.loads(RESULT.read_text()))
    if "--check" in sys.argv:
        is_same = TARGET.exists() and TARGET.read_text() == text
        print(
            "the page of servers is what the matrix says"
            if is_same
            else f"{TARGET} is out of date: run {__file__}"
        )
        return 0 if is_same else 1
    TARGET.write_text(text)
    print(f"wrote {TARGET}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
