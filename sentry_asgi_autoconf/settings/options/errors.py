"""Options that say which errors are sent, and what comes with them."""

from __future__ import annotations

from sentry_asgi_autoconf.settings import kinds
from sentry_asgi_autoconf.settings.option import Group, Option

ERRORS = Group(
    "Errors and breadcrumbs",
    (
        Option(
            "sample_rate",
            kinds.RATE,
            "The share of errors that is sent.",
            "0.5",
        ),
        Option(
            "error_sampler",
            kinds.REFERENCE,
            "A function of event and hint that gives the rate for one error, instead of the share.",
            "myapp.sentry:error_rate",
        ),
        Option(
            "ignore_errors",
            kinds.ERRORS,
            "Errors that are not sent; a class given by import string stands for its subclasses too.",
            "PermissionDenied,asyncio:TimeoutError",
        ),
        Option(
            "before_send",
            kinds.REFERENCE,
            "A function of event and hint that gives the error event to send, or None to drop it.",
            "myapp.sentry:before_send",
        ),
        Option(
            "before_breadcrumb",
            kinds.REFERENCE,
            "A function of breadcrumb and hint that gives the breadcrumb to keep, or None.",
            "myapp.sentry:before_breadcrumb",
        ),
        Option(
            "max_breadcrumbs",
            kinds.COUNT,
            "How many breadcrumbs an event carries at most.",
            "50",
        ),
        Option(
            "attach_stacktrace",
            kinds.BOOLEAN,
            "Attach a stack trace to messages too, not only to errors.",
            "true",
        ),
        Option(
            "max_value_length",
            kinds.COUNT,
            "Cut longer texts in an event to this many characters.",
            "1024",
        ),
        Option(
            "custom_repr",
            kinds.REFERENCE,
            "A function that gives the text for an object in an event, or None for the usual one.",
            "myapp.sentry:custom_repr",
        ),
    ),
)

STACK_TRACES = Group(
    "Stack traces",
    (
        Option(
            "include_local_variables",
            kinds.BOOLEAN,
            "Send the local variables of every frame.",
            "false",
        ),
        Option(
            "include_source_context",
            kinds.BOOLEAN,
            "Send the source lines around the place of the error.",
            "false",
        ),
        Option(
            "add_full_stack",
            kinds.BOOLEAN,
            "Send every frame since the process began, not only those since the error was caught.",
            "true",
        ),
        Option(
            "max_stack_frames",
            kinds.COUNT,
            "How many frames a full stack has at most.",
            "50",
        ),
        Option(
            "in_app_include",
            kinds.NAMES,
            "Modules, by the beginning of their names, that are your code.",
            "myapp,shared_library",
        ),
        Option(
            "in_app_exclude",
            kinds.NAMES,
            "Modules, by the beginning of their names, that are not your code.",
            "myapp.vendored",
        ),
        Option(
            "project_root",
            kinds.FILE_PATH,
            "The directory that holds your code; the working directory if nothing is said.",
            "/srv/myapp",
        ),
    ),
)
