"""A WSGI app that initialises Sentry itself."""

import os

import sentry_sdk
from flask import Flask

sentry_sdk.init(os.environ["OTHER_DSN"], environment="of-the-app")

app = Flask(__name__)


@app.get("/boom")
def boom():
    return 1 // 0
