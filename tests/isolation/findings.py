"""Judge what arrived: whose each event and transaction is, and whether anything of another's is in it."""

from __future__ import annotations

import json
import re
from collections import Counter
from typing import Any, Mapping

# Behind a bridge to WSGI the handler has a scope of its own, whose tags and spans the transaction may lack.
_BRIDGED = "/old/"
_MARK = re.compile(r"mark\d{6}[ox]")


def findings(paths: Mapping[str, str], events: list[Any], transactions: list[Any]) -> list[str]:
    """Return all that is wrong, in words; `paths` are those of the requests by mark."""
    wrong: list[str] = []
    for kind, payloads, expected in (
        ("event", events, [mark for mark in paths if mark.endswith("x")]),
        ("transaction", transactions, list(paths)),
    ):
        counts: Counter[str] = Counter()
        for payload in payloads:
            mark = _owner(payload)
            if mark is None:
                wrong.append(f"{kind} without a request of its own: {_short(payload)}")
                continue
            counts[mark] += 1
            wrong += [f"{kind} of {paths.get(mark)}: {text}" for text in _of_one(kind, payload, mark)]
        wrong += [f"{counts[mark]} {kind}s for {paths[mark]}" for mark in expected if counts[mark] != 1]
        wrong += [f"{kind} for {paths.get(mark)}, unexpectedly" for mark in counts if mark not in expected]
    return wrong


def _owner(payload: Any) -> str | None:
    """Return the mark in the URL of the request."""
    found = _MARK.search(payload.get("request", {}).get("url", ""))
    return found[0] if found else None


def _of_one(kind: str, payload: Any, mark: str) -> list[str]:
    wrong = []
    others = set(_MARK.findall(json.dumps(payload))) - {mark}
    if others:
        wrong.append(f"has {', '.join(sorted(others)[:3])}")
    headers = {name.lower(): value for name, value in payload["request"].get("headers", {}).items()}
    if headers.get("x-mark") != mark:
        wrong.append("has no header of its own")
    if not payload.get("transaction"):
        wrong.append("has no name")
    if kind == "transaction" and _BRIDGED in payload["request"]["url"]:
        return wrong
    if payload.get("tags", {}).get("mark") != mark:
        wrong.append("has no tag of its own")
    if kind == "event":
        if payload["exception"]["values"][-1]["value"] != f"failed {mark}":
            wrong.append("is another's error")
        crumbs = [crumb.get("message") for crumb in payload.get("breadcrumbs", {}).get("values", [])]
        if crumbs.count(f"crumb {mark}") != 1:
            wrong.append("has not its own breadcrumb, once")
    elif f"work {mark}" not in [span.get("description") for span in payload.get("spans", ())]:
        wrong.append("has no span of its own")
    return wrong


def _short(payload: Any) -> str:
    values = payload.get("exception", {}).get("values", [])
    return f"{payload.get('transaction')!r} {values[-1]['value'] if values else ''}"
