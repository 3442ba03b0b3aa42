"""Undo a request's content encoding without ever holding more than a bounded result."""

from __future__ import annotations

import zlib
from typing import Any, Callable

from sentry_asgi_autoconf.inbox.refusal import RefusedError

try:
    import brotli  # type: ignore[import-untyped]  # ships no types
except ImportError:
    brotli = None

MAX_COMPRESSED = 20 * 1024 * 1024
MAX_DECODED = 100 * 1024 * 1024

# Brotli before 1.2 cannot bound its output: a few input bytes at a time bound it to some tens of MiB.
_UNBOUNDED_BROTLI_STEP = 16


def decode(body: bytes, encoding: str, limit: int = MAX_DECODED) -> bytes:
    """Return `body` decoded from the HTTP content `encoding`, at most `limit` bytes.

    Raises RefusedError: 415 for an encoding that cannot be read here, 413 beyond `limit`, 400 for a body
    that is not in that encoding or ends too early.
    """
    name = encoding.strip().lower() or "identity"
    if name == "identity":
        return _bounded(body, limit)
    decoder = _DECODERS.get(name)
    if decoder is None or (name == "br" and brotli is None):
        raise RefusedError(
            415, f"content encoding not supported here; supported are {', '.join(_supported())}"
        )
    return decoder(body, limit)


def _supported() -> Any:
    return [name for name in _DECODERS if name != "br" or brotli is not None]


def _bounded(decoded: bytes, limit: int) -> bytes:
    _check_size(len(decoded), limit)
    return decoded


def _check_size(size: int, limit: int) -> None:
    if size > limit:
        raise RefusedError(413, f"the decoded body is larger than {limit} bytes")


def _inflate(body: bytes, limit: int, window_bits: int, name: str) -> bytes:
    inflater = zlib.decompressobj(window_bits)
    try:
        decoded = _bounded(inflater.decompress(body, limit + 1), limit)
    except zlib.error:
        raise RefusedError(400, f"the body is not {name}") from None
    if not inflater.eof:
        raise RefusedError(400, f"the {name} body is cut off")
    return decoded


def _gunzip(body: bytes, limit: int) -> bytes:
    return _inflate(body, limit, 16 + zlib.MAX_WBITS, "gzip")


def _undeflate(body: bytes, limit: int) -> bytes:
    # "deflate" means the zlib format, but some clients send the bare stream; RFC 1950 tells them apart.
    has_zlib_header = len(body) > 1 and body[0] & 0x0F == 8 and (body[0] * 256 + body[1]) % 31 == 0
    return _inflate(body, limit, zlib.MAX_WBITS if has_zlib_header else -zlib.MAX_WBITS, "deflate")


def _unbrotli(body: bytes, limit: int) -> bytes:
    decompressor = brotli.Decompressor()
    try:
        if hasattr(decompressor, "can_accept_more_data"):
            decoded = _bounded_brotli(decompressor, body, limit)
        else:
            decoded = _stepwise_brotli(decompressor, body, limit)
    except brotli.error:
        raise RefusedError(400, "the body is not br") from None
    if not decompressor.is_finished():
        raise RefusedError(400, "the br body is cut off")
    return decoded


def _bounded_brotli(decompressor: Any, body: bytes, limit: int) -> bytes:
    decoded = bytearray(decompressor.process(body, output_buffer_limit=limit + 1))
    while not decompressor.can_accept_more_data() and not decompressor.is_finished():
        _check_size(len(decoded), limit)
        decoded += decompressor.process(b"", output_buffer_limit=limit + 1)
    return _bounded(bytes(decoded), limit)


def _stepwise_brotli(decompressor: Any, body: bytes, limit: int) -> bytes:
    decoded = bytearray()
    for start in range(0, len(body), _UNBOUNDED_BROTLI_STEP):
        decoded += decompressor.process(body[start : start + _UNBOUNDED_BROTLI_STEP])
        _check_size(len(decoded), limit)
    return bytes(decoded)


_DECODERS: dict[str, Callable[[bytes, int], bytes]] = {
    "gzip": _gunzip,
    "deflate": _undeflate,
    "br": _unbrotli,
}
