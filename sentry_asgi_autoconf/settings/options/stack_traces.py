"""Options that say what a stack trace shows."""

from sentry_asgi_autoconf.settings import kinds
from sentry_asgi_autoconf.settings.option import Group, Option

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
