"""A runtime client of one's own for Lambda: lambda_loop.py MODULE.ATTRIBUTE."""

import importlib
import json
import os
import sys
import urllib.request

api = f"http://{os.environ['AWS_LAMBDA_RUNTIME_API']}/2018-06-01/runtime/invocation"
module, _, attribute = sys.argv[1].rpartition(".")
handler = getattr(importlib.import_module(module), attribute)
while True:
    with urllib.request.urlopen(f"{api}/next") as invocation:
        request, event = invocation.headers["Lambda-Runtime-Aws-Request-Id"], json.load(invocation)
    answer = json.dumps(handler(event, None)).encode()
    urllib.request.urlopen(f"{api}/{request}/response", data=answer).close()
