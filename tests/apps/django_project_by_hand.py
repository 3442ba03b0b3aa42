"""The same project, instrumented by hand as Sentry's documentation says."""

import os

import sentry_sdk
from django_project import *  # noqa: F403 (settings, as Django reads them)

sentry_sdk.init(dsn=os.environ["SENTRY_DSN"], traces_sample_rate=1.0)
