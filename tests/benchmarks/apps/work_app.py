"""A FastAPI app that knows nothing of Sentry, of which each request reads a database and asks another service."""

import os

import httpx
from fastapi import FastAPI
from sqlalchemy import create_engine, text
from sqlalchemy.pool import StaticPool

app = FastAPI()
engine = create_engine("sqlite://", poolclass=StaticPool, connect_args={"check_same_thread": False})
client = httpx.AsyncClient(trust_env=False)


@app.get("/items/{number}")
async def item(number: int):
    with engine.connect() as connection:
        found = connection.execute(text("SELECT :number + 1"), {"number": number}).scalar_one()
    answer = await client.get(os.environ["BENCHMARK_UPSTREAM"])
    return {"number": found, "status": answer.raise_for_status().status_code}
