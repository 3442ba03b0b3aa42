"""Print, for each variable on its own, the client's option without it and with it, as JSON."""

import json
import sys
import warnings

import sentry_sdk

from sentry_asgi_autoconf.activation.layers import load
from sentry_asgi_autoconf.sdk.init_options import build

warnings.simplefilter("ignore")


def client_options(environ: dict[str, str]) -> dict[str, object]:
    """Return the options of a real client, and what was refused."""
    loaded = load(environ)
    arguments, problems = build(loaded.options, loaded.sources)
    return {
        **sentry_sdk.Client(**arguments).options,
        "problems": [str(problem) for problem in (*loaded.problems, *problems)],
    }


stock = sentry_sdk.Client().options
changed = {}
for variable, (option, example) in json.loads(sys.argv[1]).items():
    options = client_options({variable: example})
    changed[variable] = [repr(stock[option]), repr(options[option]), options["problems"]]
print(json.dumps(changed))
