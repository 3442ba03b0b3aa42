"""Install the import hook at interpreter start, then give way to the sitecustomize that this file shadows.

Every Python on the machine may run this file, so it parses on Python 2.7 and imports next to nothing.
"""

import os
import sys

_here = os.path.dirname(os.path.abspath(__file__))

if sys.version_info >= (3, 7):
    import sentry_asgi_import_hook

    sentry_asgi_import_hook.start(_here)
else:
    # Too old to be served by us: only run the shadowed file. Its absence is an ImportError, which site expects.
    import imp

    imp.load_module(
        "sitecustomize",
        *imp.find_module("sitecustomize", [entry for entry in sys.path if os.path.abspath(entry) != _here]),
    )
