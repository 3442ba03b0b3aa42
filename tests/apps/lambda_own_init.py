"""A Lambda function that is instrumented as Sentry's documentation says."""

import os

import sentry_sdk
from sentry_sdk.integrations.aws_lambda import AwsLambdaIntegration

if "PLAIN" in os.environ:
    sentry_sdk.init(dsn=os.environ["SENTRY_DSN"], traces_sample_rate=1.0)
else:
    sentry_sdk.init(
        dsn=os.environ["SENTRY_DSN"],
        traces_sample_rate=1.0,
        integrations=[AwsLambdaIntegration(timeout_warning=True)],
    )


def handler(event, context):
    return {"quotient": 1 // event["divisor"]}
