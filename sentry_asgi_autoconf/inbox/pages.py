"""Answer the web pages over the app's `store`: what arrived, one error, one transaction, one trace."""

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
from sentry_asgi_autoconf.inbox.api import item_of
from sentry_asgi_autoconf.inbox.spans import lay_out, spans_of, trace_id_of
from sentry_asgi_autoconf.inbox.store import Item, Store
from sentry_asgi_autoconf.inbox.tolerant import Shown

MAX_LISTED = 200
_HERE = Path(__file__).parent
_STATIC = {"inbox.css": "text/css", "inbox.js": "text/javascript"}
_SHOWN_TYPES = ("event", "transaction", "span", "log")
_SECURITY_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}


def _overview(request: Request) -> Response:
    store: Store = request.app.state.store
    project = request.query_params.get("project") or None
    items = store.items(project)
    errors = [item for item in items if item["type"] == "event"]
    found = {"errors": errors, "requests": summaries.requests(items), "logs": summaries.logs(items)}
    newest_first: dict[str, Any] = {name: listed[: -MAX_LISTED - 1 : -1] for name, listed in found.items()}
    newest_first["errors"] = [summaries.error(item) for item in newest_first["errors"]]
    others = Counter(item["type"] for item in items if item["type"] not in _SHOWN_TYPES)
    return _page(
        "overview.html",
        **newest_first,
        totals={name: len(listed) for name, listed in found.items()},
        others=sorted(others.items()),
        projects=sorted({item["project"] for item in store.items()}),
        project=project,
        newest=store.newest,
        dsn=f"http://inbox@{request.url.netloc}/1",
    )


def _error(request: Request) -> Response:
    item = _item(request, "event")
    if item is None:
        return _page("not_found.html", 404)
    trace_id = trace_id_of(item)
    error, detail = summaries.error(item), summaries.error_detail(item)
    related = _of_trace(request.app.state.store, trace_id)["related"]
    return _page("error.html", item=item, error=error, detail=detail, trace_id=trace_id, related=related)


def _transaction(request: Request) -> Response:
    item = _item(request, "transaction")
    if item is None:
        return _page("not_found.html", 404)
    trace_id = trace_id_of(item)
    found = _of_trace(request.app.state.store, trace_id)
    found["related"] = [other for other in found["related"] if other["item_id"] != item["id"]]
    shown: dict[str, Any] = {"summary": summaries.transaction(item), "sections": summaries.sections(item)}
    waterfall = lay_out(spans_of(item))
    return _page("transaction.html", item=item, waterfall=waterfall, trace_id=trace_id, **shown, **found)


def _trace(request: Request) -> Response:
    trace_id = request.path_params["trace_id"]
    items = request.app.state.store.items(types=("span", "transaction"))
    spans = [span for item in items for span in spans_of(item) if span.trace_id == trace_id]
    found = _of_trace(request.app.state.store, trace_id)
    if not trace_id or not (spans or found["errors"] or found["logs"]):
        return _page("not_found.html", 404)
    return _page("trace.html", trace_id=trace_id, waterfall=lay_out(spans), **found)


def _static(request: Request) -> Response:
    name = request.scope["path"].lstrip("/")
    text = (_HERE / "static" / name).read_text(encoding="utf-8")
    return Response(text, 200, _SECURITY_HEADERS, _STATIC[name])


def _item(request: Request, kind: str) -> Item | None:
    item = item_of(request)
    return item if item is not None and item["type"] == kind else None


def _of_trace(store: Store, trace_id: str) -> dict[str, Any]:
    """Return errors, transactions and logs of one trace; none for an item that is of no trace."""
    items = store.items() if trace_id else []
    errors = (item for item in items if item["type"] == "event" and trace_id_of(item) == trace_id)
    return {
        "errors": [summaries.error(item) for item in errors],
        "related": [each for each in summaries.requests(items) if each["trace_id"] == trace_id],
        "logs": [line for line in summaries.logs(items) if line["trace_id"] == trace_id],
    }


def _page(template: str, status: int = 200, **context: Any) -> Response:
    html = _TEMPLATES.get_template(template).render(**context)
    return Response(html, status, _SECURITY_HEADERS, "text/html")


def _runs(frames: list[Shown]) -> list[tuple[bool, list[Shown]]]:
    """Group neighbouring frames: the app's own, and the libraries' between them."""
    return [(own, list(group)) for own, group in groupby(frames, key=lambda frame: bool(frame["in_app"]))]


_LOADER = FileSystemLoader(str(_HERE / "templates"))
_TEMPLATES = Environment(
    autoescape=True, loader=_LOADER, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
)
_TEMPLATES.filters["path"] = lambda value: quote(value, safe="")
_TEMPLATES.filters["groupby_runs"] = _runs
ROUTES = [
    Route("/", _overview, methods=["GET"]),
    Route("/errors/{item_id}", _error, methods=["GET"]),
    Route("/transactions/{item_id}", _transaction, methods=["GET"]),
    Route("/traces/{trace_id:path}", _trace, methods=["GET"]),
    *(Route(f"/{name}", _static, methods=["GET"]) for name in _STATIC),
]
