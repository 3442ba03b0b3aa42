"""The servers that every case is served by."""

from __future__ import annotations

import pytest

SERVERS = ("uvicorn", "hypercorn", "granian", "gunicorn")


def on_each_server(*quick: str, also: tuple[str, ...] = ()) -> pytest.MarkDecorator:
    """Run a test once for each server: with those in `quick` always, with the others in the matrix."""
    chosen = quick or ("uvicorn",)
    return pytest.mark.parametrize(
        "server",
        [
            pytest.param(name, marks=() if name in chosen else (pytest.mark.matrix,))
            for name in (*SERVERS, *also)
        ],
    )
