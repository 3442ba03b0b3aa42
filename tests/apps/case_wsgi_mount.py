"""A FastAPI app with an older one, of Flask, mounted below a path."""

from a2wsgi import WSGIMiddleware
from fastapi import FastAPI
from flask import Flask

legacy = Flask("legacy")


@legacy.get("/item/<int:number>")
def item(number):
    return str(1 // number)


app = FastAPI()


@app.get("/new/{number}")
async def new(number: int):
    return 1 // number


app.mount("/old", WSGIMiddleware(legacy))
