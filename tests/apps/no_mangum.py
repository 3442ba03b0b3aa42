"""A Lambda function that serves no ASGI app."""

import logging


def handler(event, context):
    logging.error("not of an ASGI app")
    return {"statusCode": 200}
