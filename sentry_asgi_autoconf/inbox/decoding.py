"""Undo a request's content encoding without ever holding more than a bounded result."""

from __future__ import annotations

import zlib
from typing import Any

from starlette.exceptions import HTTPException

try:
    import brotli  # type: ignore[import-untyped]  # ships no types
except ImportError:
    brotli = None

MAX_COMPRESSED = 20 * 1024 * 1024
MAX_DECODED = 100 * 1024 * 1024

_ENCODINGS = ("gzip", "deflate", "br") if brotli else ("gzip", "deflate")
# Brotli before 1.2 cannot bound its output: a few input bytes at a time bound it to some tens of MiB.
_UNBOUNDED_BROTLI_STEP = 16


class RefusedError(HTTPException):
    """A request that the inbox does not accept: HTTP status and, never repeating what was sent, what is wrong."""


def decode(body: bytes, encoding: str, limit: int = MAX_DECODED) -> bytes:
    """Return `body` decoded from its content encoding. Raises RefusedError: 415 unknown, 413 too large, 400 broken."""
    name = encoding.strip().lower() or "identity"
    if name == "identity":
        decoded, is_whole = body, True
    elif name not in _ENCODINGS:
        raise RefusedError(415, f"content encoding not supported here; supported are {', '.join(_ENCODINGS)}")
    else:
        try:
            decoded, is_whole = _unbrotli(body, limit) if name == "br" else _inflate(body, limit, name)
        except (zlib.error, getattr(brotli, "error", zlib.error)):
            raise RefusedError(400, f"the body is not {name}") from None
    _check_size(decoded, limit)
    if not is_whole:
        raise RefusedError(400, f"the {name} body is cut off")
    return decoded


def _check_size(decoded: bytes | bytearray, limit: int) -> None:
    if len(decoded) > limit:
        raise RefusedError(413, f"the decoded body is larger than {limit} bytes")


def _inflate(body: bytes, limit: int, name: str) -> tuple[bytes, bool]:
    window_bits = zlib.MAX_WBITS
    if name == "gzip":
        window_bits += 16
    # "deflate" means the zlib format, but some clients send the bare stream; RFC 1950 tells them apart.
    elif not (len(body) > 1 and body[0] & 0x0F == 8 and (body[0] * 256 + body[1]) % 31 == 0):
        window_bits = -window_bits
    inflater = zlib.decompressobj(window_bits)
    return inflater.decompress(body, limit + 1), inflater.eof


def _unbrotli(body: bytes, limit: int) -> tuple[bytes, bool]:
    decompressor: Any = brotli.Decompressor()
    decoded = bytearray()
    if hasattr(decompressor, "can_accept_more_data"):
        decoded += decompressor.process(body, output_buffer_limit=limit + 1)
        while not decompressor.can_accept_more_data() and not decompressor.is_finished():
            _check_size(decoded, limit)
            decoded += decompressor.process(b"", output_buffer_limit=limit + 1)
    else:
        for start in range(0, len(body), _UNBOUNDED_BROTLI_STEP):
            decoded += decompressor.process(body[start : start + _UNBOUNDED_BROTLI_STEP])
            _check_size(decoded, limit)
    return bytes(decoded), decompressor.is_finished()
