"""A Flask app that knows nothing of Sentry."""

from flask import Flask

app = Flask(__name__)


@app.get("/ok")
def ok():
    return "ok"


@app.get("/items/<int:number>")
def item(number):
    return str(number)


@app.get("/boom")
def boom():
    divisor = 0
    return str(1 // divisor)
