"""Run the command line out of this directory, without installation or shell: `python3 DIRECTORY run -- CMD`, `… check`.

Parses on Python 2.7. One that is too old for us gets one line, and `run` still runs the command.
"""

import os
import sys

_HERE = os.path.dirname(os.path.abspath(__file__))


def refuse():
    # type: () -> None
    """Say that this Python is too old, and become the command that was to be run, if there is one."""
    version = "%d.%d" % sys.version_info[:2]
    sys.stderr.write(
        "sentry-asgi-autoconf: Python %s is older than 3.7, and goes on without Sentry.\n" % version
    )
    if sys.argv[1:3] == ["run", "--"] and sys.argv[3:]:
        os.execvp(sys.argv[3], sys.argv[3:])
    sys.exit(1)


def start():
    # type: () -> int
    """Run the command line of the package that is in the bundle, or around this directory, and of no other."""
    places = (os.path.join(_HERE, "any"), os.path.dirname(os.path.dirname(_HERE)))
    # Python has put this directory first.
    sys.path[:1] = [place for place in places if os.path.isdir(os.path.join(place, "sentry_asgi_autoconf"))][
        :1
    ]
    import sentry_asgi_autoconf  # noqa: F401 (before what follows)

    # What it needs comes last, as in a process that serves.
    sys.path[:1] = [] if getattr(sys.flags, "safe_path", False) else [os.getcwd()]
    from sentry_asgi_autoconf.cli import main

    return main()


if __name__ == "__main__":
    if sys.version_info < (3, 7):
        refuse()
    sys.exit(start())
