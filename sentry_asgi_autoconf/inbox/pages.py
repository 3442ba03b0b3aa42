"""Answer the web pages: what arrived, one error, one transaction, one trace."""

from __future__ import annotations

from collections import Counter
from itertools import groupby
from pathlib import Path
from typing import Any
from urllib.parse import quote

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from sentry_asgi_autoconf.inbox import summaries
from sentry_asgi_autoconf.inbox.errors import Frame
from sentry_asgi_autoconf.inbox.logs import log_lines
from sentry_asgi_autoconf.inbox.receiver import Item, Store
from sentry_asgi_autoconf.inbox.spans import spans_of, trace_id_of
from sentry_asgi_autoconf.inbox.waterfall import lay_out

MAX_LISTED = 200
_HERE = Path(__file__).parent
_SECURITY_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}


class Pages:
    """The web view over one store."""

    def __init__(self, store: Store) -> None:
        """Show what is in `store`."""
        self._store = store
        self._templates = Environment(
            autoescape=True,
            loader=FileSystemLoader(str(_HERE / "templates")),
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._templates.filters["path"] = lambda value: quote(value, safe="")
        self._templates.filters["groupby_runs"] = _runs

    def routes(self) -> Any:
        """List the routes."""
        return [
            Route("/", self.overview, methods=["GET"]),
            Route("/errors/{item_id:int}", self.error, methods=["GET"]),
            Route("/transactions/{item_id:int}", self.transaction, methods=["GET"]),
            Route("/traces/{trace_id:path}", self.trace, methods=["GET"]),
            Route("/inbox.css", self.style, methods=["GET"]),
            Route("/inbox.js", self.script, methods=["GET"]),
        ]

    async def overview(self, request: Request) -> Response:
        """List errors, transactions and logs, newest first."""
        project = request.query_params.get("project") or None
        items = self._store.items(project)
        errors = [item for item in items if item["type"] == "event"]
        requests = summaries.transactions(items)
        logs = log_lines(items)
        shown = {"event", "transaction", "span", "log"}
        others = Counter(item["type"] for item in items if item["type"] not in shown)
        return self._page(
            "overview.html",
            errors=[summaries.error(item) for item in reversed(errors[-MAX_LISTED:])],
            requests=list(reversed(requests[-MAX_LISTED:])),
            logs=list(reversed(logs[-MAX_LISTED:])),
            totals={"errors": len(errors), "requests": len(requests), "logs": len(logs)},
            others=sorted(others.items()),
            projects=sorted({item["project"] for item in self._store.items()}),
            project=project,
            newest=self._store.newest,
            dsn=f"http://inbox@{request.url.netloc}/1",
        )

    async def error(self, request: Request) -> Response:
        """Show one error event."""
        item = self._store.get(request.path_params["item_id"])
        if item is None or item["type"] != "event":
            return self._not_found()
        trace_id = trace_id_of(item)
        return self._page(
            "error.html",
            item=item,
            error=summaries.error(item),
            detail=summaries.ErrorDetail(item),
            trace_id=trace_id,
            related=self._requests_of(trace_id),
        )

    async def transaction(self, request: Request) -> Response:
        """Show one transaction with its spans."""
        item = self._store.get(request.path_params["item_id"])
        if item is None or item["type"] != "transaction":
            return self._not_found()
        trace_id = trace_id_of(item)
        return self._page(
            "transaction.html",
            item=item,
            summary=summaries.transaction(item),
            sections=summaries.sections(item),
            waterfall=lay_out(spans_of(item)),
            trace_id=trace_id,
            errors=self._errors_of(trace_id),
            related=[other for other in self._requests_of(trace_id) if other.item_id != item["id"]],
            logs=self._logs_of(trace_id),
        )

    async def trace(self, request: Request) -> Response:
        """Show all spans of one trace, streamed or of transactions, with its errors and logs."""
        trace_id = request.path_params["trace_id"]
        spans = [
            span
            for item in self._store.items(types=("span", "transaction"))
            for span in spans_of(item)
            if span.trace_id == trace_id
        ]
        errors, logs = self._errors_of(trace_id), self._logs_of(trace_id)
        if not trace_id or not (spans or errors or logs):
            return self._not_found()
        return self._page(
            "trace.html",
            trace_id=trace_id,
            waterfall=lay_out(spans),
            errors=errors,
            related=self._requests_of(trace_id),
            logs=logs,
        )

    async def style(self, request: Request) -> Response:
        """Give the style sheet."""
        return _static("inbox.css", "text/css")

    async def script(self, request: Request) -> Response:
        """Give the script that keeps the overview current."""
        return _static("inbox.js", "text/javascript")

    def _errors_of(self, trace_id: str) -> list[summaries.ErrorSummary]:
        return [summaries.error(item) for item in self._of_trace(trace_id, "event")]

    def _requests_of(self, trace_id: str) -> list[summaries.RequestSummary]:
        if not trace_id:
            return []
        found = summaries.transactions(self._store.items(types=("transaction", "span")))
        return [summary for summary in found if summary.trace_id == trace_id]

    def _logs_of(self, trace_id: str) -> list[Any]:
        if not trace_id:
            return []
        return [line for line in log_lines(self._store.items(types=("log",))) if line.trace_id == trace_id]

    def _of_trace(self, trace_id: str, kind: str) -> list[Item]:
        if not trace_id:
            return []
        return [item for item in self._store.items(types=(kind,)) if trace_id_of(item) == trace_id]

    def _not_found(self) -> Response:
        return self._page("not_found.html", status=404)

    def _page(self, template: str, status: int = 200, **context: Any) -> Response:
        html = self._templates.get_template(template).render(**context)
        return Response(html, status, _SECURITY_HEADERS, "text/html")


def _runs(frames: list[Frame]) -> list[tuple[bool, list[Frame]]]:
    """Group neighbouring frames: the app's own, and the libraries' between them."""
    return [(own, list(group)) for own, group in groupby(frames, key=lambda frame: frame.in_app)]


def _static(name: str, media_type: str) -> Response:
    return Response((_HERE / "static" / name).read_text(encoding="utf-8"), 200, _SECURITY_HEADERS, media_type)
