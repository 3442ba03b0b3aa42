"""What clients send: one of each kind, and the same with markup in every place."""

from typing import Any

TRACE = "0" * 31 + "1"


def frame(file: str, line: int, function: str, in_app: bool) -> dict[str, Any]:
    return {
        "filename": file,
        "lineno": line,
        "function": function,
        "module": file.partition("/")[0],
        "in_app": in_app,
        "pre_context": [f"before {function}"],
        "context_line": f"    {function}_fails()",
        "post_context": [f"after {function}"],
        "vars": {f"local_of_{function}": "its value"},
    }


ERROR = {
    "level": "fatal",
    "timestamp": "2026-01-02T03:04:05.678Z",
    "transaction": "/orders/{order}",
    "release": "shop@1.2",
    "environment": "staging",
    "exception": {
        "values": [
            {"type": "KeyError", "value": "'sku'", "mechanism": {"source": "__cause__", "handled": True}},
            {
                "type": "OrderError",
                "value": "no such order",
                "mechanism": {"handled": False},
                "stacktrace": {
                    "frames": [
                        *(frame("library/a.py", number, f"step{number}", False) for number in range(3)),
                        frame("shop/orders.py", 42, "price", True),
                    ]
                },
            },
        ]
    },
    "request": {
        "method": "POST",
        "url": "http://shop.example/orders/7",
        "query_string": "gift=yes",
        "headers": {"x-shop": "berlin"},
    },
    "tags": [["tier", "gold"]],
    "user": {"id": "u42"},
    "contexts": {
        "asgi_server": {"name": "uvicorn", "adapter": "uvicorn.config"},
        "trace": {"trace_id": TRACE},
        "flags": {"values": [{"flag": "new-prices", "result": True}]},
    },
    "breadcrumbs": {"values": [{"category": "db", "message": "SELECT crumb", "data": {"rows": 3}}]},
}
TRANSACTION = {
    "transaction": "/orders/{order}",
    "start_timestamp": 1000.0,
    "timestamp": 1000.2,
    "contexts": {
        "trace": {"trace_id": TRACE, "span_id": "root", "op": "http.server", "status": "internal_error"}
    },
    "request": {"method": "POST", "url": "http://shop.example/orders/7"},
    "spans": [
        {"span_id": "inner", "parent_span_id": "outer", "op": "db", "description": "SELECT 1",
         "start_timestamp": 1000.1, "timestamp": 1000.15, "data": {"db.system": "sqlite"}},
        {"span_id": "outer", "parent_span_id": "root", "op": "function", "description": "load order",
         "start_timestamp": 1000.05, "timestamp": 1000.2},
    ],
}  # fmt: skip
LOGS = {
    "items": [
        {"timestamp": 1.5, "level": "warn", "body": "stock is low", "trace_id": TRACE,
         "attributes": {"sku": {"value": "tea", "type": "string"},
                        "sentry.environment": {"value": "staging", "type": "string"}}},
    ]
}  # fmt: skip
STREAMED = {
    "version": 2,
    "items": [
        {"trace_id": "streamed/1", "span_id": "s2", "parent_span_id": "s1", "name": "query the stock",
         "start_timestamp": 5.1, "end_timestamp": 5.2, "status": "ok",
         "attributes": {"sentry.op": {"value": "db", "type": "string"}}},
        {"trace_id": "streamed/1", "span_id": "s1", "name": "GET /stock", "is_segment": True,
         "start_timestamp": 5.0, "end_timestamp": 5.4, "status": "error", "attributes": {}},
    ],
}  # fmt: skip
PROFILE = {
    "platform": "python",
    "release": "shop@1.2",
    "environment": "staging",
    "transactions": [{"id": "e" * 32, "name": "/orders/{order}", "trace_id": TRACE}],
    "profile": {
        "frames": [
            {
                "function": "handle",
                "module": "shop.orders",
                "filename": "shop/orders.py",
                "lineno": 7,
                "in_app": True,
            },
            {
                "function": "price",
                "module": "shop.prices",
                "filename": "shop/prices.py",
                "lineno": 42,
                "in_app": True,
            },
            {
                "function": "dumps",
                "module": "json",
                "filename": "json/__init__.py",
                "lineno": 183,
                "in_app": False,
            },
        ],
        "stacks": [[1, 0], [2, 1, 0], [0]],
        "samples": [
            {"stack_id": stack, "thread_id": "1", "elapsed_since_start_ns": str(number * 10_000_000)}
            for number, stack in enumerate([0, 1, 1, 1, 2])
        ],
        "thread_metadata": {"1": {"name": "MainThread"}},
    },
}
CHUNK = {
    "profiler_id": "f" * 32,
    "platform": "python",
    "version": "2",
    "release": "shop@1.2",
    "profile": {
        "frames": PROFILE["profile"]["frames"],  # type: ignore[index]
        "stacks": [[1, 0]],
        "samples": [
            {"stack_id": 0, "thread_id": "1", "timestamp": 1000.0 + number / 100} for number in range(4)
        ],
        "thread_metadata": {"1": {"name": "MainThread"}},
    },
}
SESSIONS = {
    "attrs": {"release": "shop@1.2", "environment": "staging"},
    "aggregates": [{"started": "2026-01-02T03:04:00Z", "exited": 7, "errored": 2, "crashed": 1}],
}
CLIENT_REPORT = {
    "timestamp": 1.0,
    "discarded_events": [{"reason": "sample_rate", "category": "transaction", "quantity": 12}],
}
METRICS = {
    "items": [
        {
            "name": "orders",
            "type": "counter",
            "value": value,
            "unit": "order",
            "timestamp": 1.0,
            "trace_id": TRACE,
        }
        for value in (1, 2)
    ]
}
ATTACK = "<script>alert(1)</script>\"'>&{{7*7}}<img src=x onerror=alert(1)>"


def hostile(value: object) -> object:
    """Put markup into every text and every name of a payload."""
    if isinstance(value, dict):
        return {
            (key if key in KEPT_NAMES else key + ATTACK): child if key in KEPT_VALUES else hostile(child)
            for key, child in value.items()
        }
    if isinstance(value, list):
        return [hostile(child) for child in value]
    return value + ATTACK if isinstance(value, str) else value


KEPT_VALUES = {"timestamp", "span_id", "parent_span_id"}
KEPT_NAMES = {
    "exception",
    "values",
    "type",
    "value",
    "mechanism",
    "source",
    "stacktrace",
    "frames",
    "filename",
    "lineno",
    "function",
    "module",
    "vars",
    "pre_context",
    "context_line",
    "post_context",
    "in_app",
    "request",
    "method",
    "url",
    "headers",
    "query_string",
    "tags",
    "user",
    "contexts",
    "trace",
    "trace_id",
    "op",
    "status",
    "breadcrumbs",
    "category",
    "message",
    "data",
    "level",
    "transaction",
    "release",
    "environment",
    "spans",
    "span_id",
    "parent_span_id",
    "description",
    "start_timestamp",
    "timestamp",
    "items",
    "body",
    "attributes",
    "name",
    "end_timestamp",
    "is_segment",
}
