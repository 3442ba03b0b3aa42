"""An app that tells what its process has: modules, what it could import, the distributions that are installed."""

import json
import pkgutil
import sys
from pathlib import Path


async def app(scope, receive, send):
    assert scope["type"] == "http"
    distributions = [found.name for entry in sys.path for found in Path(entry).glob("*.dist-info")]
    told = {
        "modules": sorted({name.partition(".")[0] for name in sys.modules}),
        "importable": sorted({module.name for module in pkgutil.iter_modules()}),
        "distributions": sorted(name.partition("-")[0] for name in distributions),
    }
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": json.dumps(told).encode()})
