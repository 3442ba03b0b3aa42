"""Answer the web pages over the app's `store`: lists of what arrived, and a page of each thing."""

from __future__ import annotations

import json
from collections import Counter
from itertools import groupby
from pathlib import Path
from typing import Any, Callable
from urllib.parse import quote

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from sentry_asgi_autoconf.inbox import listing, profiles, reports, summaries
from sentry_asgi_autoconf.inbox.api import item_of
from sentry_asgi_autoconf.inbox.issues import group_of
from sentry_asgi_autoconf.inbox.listing import Filters
from sentry_asgi_autoconf.inbox.spans import Mark, lay_out, spans_of, trace_id_of
from sentry_asgi_autoconf.inbox.store import Store
from sentry_asgi_autoconf.inbox.tolerant import Item, Shown, mapping, text

# Of each kind, on the page of all kinds.
MAX_GLANCE = 10
MAX_OF_TRACE = 200
_LONGEST_RAW = 200_000
_HERE = Path(__file__).parent
_STATIC = {
    "inbox.css": "text/css",
    "inbox.js": "text/javascript",
    "flamegraph.js": "text/javascript",
    "flamegraph.LICENSE": "text/plain",
}
# Each list: its address, its name, whose kinds are counted for it, what of them it shows.
_LISTS: dict[str, tuple[str, tuple[str, ...], Any]] = {
    "issues": ("Issues", (), listing.issues),
    "transactions": ("Transactions", ("transaction", "span"), listing.transactions),
    "logs": ("Logs", ("log",), listing.logs),
    "profiles": ("Profiles", profiles.TYPES, listing.profile_rows),
}
_REPORTS = ("session", "sessions", "client_report", "trace_metric", "check_in", "attachment", "other")
_SECURITY_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}


def _overview(request: Request) -> Response:
    store, filters = _store(request), Filters.of(request.query_params)
    found = {name: listing.page(rows(store, filters), MAX_GLANCE) for name, (_, _, rows) in _LISTS.items()}
    return _list_page(request, "overview.html", "", found=found)


def _list(name: str) -> Callable[[Request], Response]:
    title, _, rows = _LISTS.get(name, ("Events", (), listing.errors))

    def answer(request: Request) -> Response:
        filters, before = Filters.of(request.query_params), request.query_params.get("before", "")
        found = listing.page(rows(_store(request), filters, listing.position(before)))
        return _list_page(request, "list.html", name, title=title, found=found, before=before)

    return answer


def _reports(request: Request) -> Response:
    store, filters = _store(request), Filters.of(request.query_params)
    kept = [
        each for each in store.newest_first(_REPORTS) if filters.take(each.facts) and filters.find(each.item)
    ]
    of = {kind: [each.item for each in reversed(kept) if each.facts.kind == kind] for kind in _REPORTS}
    known = {
        "sessions": reports.sessions(of["session"] + of["sessions"]),
        "discarded": reports.discarded(of["client_report"]),
        "metrics": reports.metrics(of["trace_metric"]),
    }
    others = Counter(
        each.item["type"] for each in kept if each.facts.kind in ("check_in", "attachment", "other")
    )
    return _list_page(
        request, "reports.html", "reports", outcomes=reports.OUTCOMES, others=others.most_common(), **known
    )


def _list_page(request: Request, template: str, tab: str, **context: Any) -> Response:
    store, filters = _store(request), Filters.of(request.query_params)
    totals = store.totals()
    rows = {
        name: sum(totals.get(kind, (0, 0))[1] for kind in kinds) for name, (_, kinds, _) in _LISTS.items()
    }
    rows["issues"] = len(store.issues())
    rows["reports"] = sum(totals.get(kind, (0, 0))[0] for kind in _REPORTS)
    return _page(
        template,
        tab=tab,
        totals=rows,
        events=totals.get("event", (0, 0))[0],
        tabs=[
            ("", "All"),
            *((name, title) for name, (title, _, _) in _LISTS.items()),
            ("reports", "Reports"),
        ],
        filters=filters,
        is_filtered=bool(filters.query(project="")),
        facets=store.facets(),
        levels=listing.LEVELS,
        changes=store.changes,
        dsn=f"http://inbox@{request.url.netloc}/1",
        **context,
    )


def _issue(request: Request) -> Response:
    store, group = _store(request), request.path_params["group"]
    kept = store.newest_first(["event"], group) if group else []
    return _error_page(store, kept[0].item) if kept else _page("not_found.html", 404)


def _error(request: Request) -> Response:
    item = _item(request, "event")
    return _error_page(_store(request), item) if item else _page("not_found.html", 404)


def _error_page(store: Store, item: Item) -> Response:
    group = group_of(mapping(item["payload"]))
    ids = [kept.item["id"] for kept in store.newest_first(["event"], group)]
    issue = store.issue(group)
    place = ids.index(item["id"]) if item["id"] in ids else 0
    beside = {
        "newer": ids[place - 1] if place else None,
        "older": ids[place + 1] if place + 1 < len(ids) else None,
    }
    trace_id = trace_id_of(item)
    return _page(
        "error.html",
        item=item,
        error=summaries.error(item),
        detail=summaries.error_detail(item),
        issue={**listing.of_issue(issue), "kept": len(ids), **beside} if issue else None,
        trace_id=trace_id,
        raw=_raw(item),
        found=_of_trace(store, trace_id),
    )


def _transaction(request: Request) -> Response:
    store, item = _store(request), _item(request, "transaction")
    if item is None:
        return _page("not_found.html", 404)
    trace_id = trace_id_of(item)
    found = _of_trace(store, trace_id)
    found["related"] = [other for other in found["related"] if other["item_id"] != item["id"]]
    return _page(
        "transaction.html",
        item=item,
        summary=summaries.transaction(item),
        sections=summaries.sections(item),
        waterfall=lay_out(spans_of(item), _marks(found)),
        profile=_profile_of(store, item),
        trace_id=trace_id,
        raw=_raw(item),
        found=found,
    )


def _trace(request: Request) -> Response:
    store, trace_id = _store(request), request.path_params["trace_id"]
    found = _of_trace(store, trace_id)
    items = [
        kept.item for kept in store.newest_first(["span", "transaction"]) if trace_id in kept.facts.traces
    ]
    spans = [span for item in reversed(items) for span in spans_of(item) if span.trace_id == trace_id]
    if not trace_id or not (spans or found["errors"] or found["logs"]):
        return _page("not_found.html", 404)
    return _page("trace.html", trace_id=trace_id, waterfall=lay_out(spans, _marks(found)), found=found)


def _profile(request: Request) -> Response:
    item = item_of(request)
    if item is None or item["type"] not in profiles.TYPES:
        return _page("not_found.html", 404)
    run = listing.run_of(_store(request), item)
    count, hot = profiles.hottest(sample for each in run for sample in profiles.samples_of(each))
    return _page(
        "profile.html", item=item, summary=profiles.summary(item), chunks=len(run), count=count, hot=hot
    )


def _static(request: Request) -> Response:
    name = request.scope["path"].lstrip("/")
    content = (_HERE / "static" / name).read_text(encoding="utf-8")
    return Response(content, 200, _SECURITY_HEADERS, _STATIC[name])


def _store(request: Request) -> Store:
    store: Store = request.app.state.store
    return store


def _item(request: Request, kind: str) -> Item | None:
    item = item_of(request)
    return item if item is not None and item["type"] == kind else None


def _of_trace(store: Store, trace_id: str) -> Shown:
    """Return the newest errors, transactions and logs of one trace, oldest first, and how many there are.

    There are none for an item that is of no trace.
    """
    kept = store.newest_first(["event", "transaction", "span", "log"]) if trace_id else []
    items = [each.item for each in reversed(kept) if trace_id in each.facts.traces]
    requests = (
        row for item in items if item["type"] in ("transaction", "span") for row in summaries.requests(item)
    )
    logs = (line for item in items if item["type"] == "log" for line in summaries.logs(item))
    found = {
        "errors": [summaries.error(item) for item in items if item["type"] == "event"],
        "related": [row for row in requests if row["trace_id"] == trace_id],
        "logs": [line for line in logs if line["trace_id"] == trace_id],
    }
    totals = {name: len(rows) for name, rows in found.items()}
    return {
        "trace_id": trace_id,
        "totals": totals,
        **{name: rows[-MAX_OF_TRACE:] for name, rows in found.items()},
    }


def _marks(found: Shown) -> list[Mark]:
    errors = [
        Mark(row["span_id"], row["at"], row["level"], row["title"], f"/errors/{row['item_id']}")
        for row in found["errors"]
    ]
    return errors + [
        Mark(line["span_id"], line["at"], line["level"], line["body"], "") for line in found["logs"]
    ]


def _profile_of(store: Store, transaction: Item) -> Shown | None:
    """Return the profile of a transaction, or the continuous one that ran meanwhile."""
    event_id = text(mapping(transaction["payload"]).get("event_id"))
    profiler = text(mapping(transaction["payload"], "contexts", "profile").get("profiler_id"))
    for kept in store.newest_first(profiles.TYPES):
        found = profiles.summary(kept.item)
        if (event_id and found["event_id"] == event_id) or (profiler and found["profiler_id"] == profiler):
            return found
    return None


def _raw(item: Item) -> str:
    raw = json.dumps(item["payload"], indent=2, ensure_ascii=False)
    return raw if len(raw) <= _LONGEST_RAW else ""


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
    *(Route(f"/{name}", _list(name), methods=["GET"]) for name in (*_LISTS, "errors")),
    Route("/reports", _reports, methods=["GET"]),
    Route("/issues/{group}", _issue, methods=["GET"]),
    Route("/errors/{item_id}", _error, methods=["GET"]),
    Route("/transactions/{item_id}", _transaction, methods=["GET"]),
    Route("/traces/{trace_id:path}", _trace, methods=["GET"]),
    Route("/profiles/{item_id}", _profile, methods=["GET"]),
    *(Route(f"/{name}", _static, methods=["GET"]) for name in _STATIC),
]
