"""A function app that serves no ASGI app."""

import azure.functions as func

app = func.FunctionApp()


@app.route("ok")
def ok(req, context):
    return func.HttpResponse("ok")
