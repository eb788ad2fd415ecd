"""Bodies that are sent compressed: gzip, bounded by what they hold, and nothing else."""

import zlib

from geo_assign.http.errors import BodyTooLargeError, MalformedJsonError, UnsupportedMediaTypeError

_PLAIN = frozenset({"", "identity"})
_GZIP = frozenset({"gzip", "x-gzip"})
_AS_GZIP = 16 + zlib.MAX_WBITS


def decompressed(raw: bytes, encoding: str | None, *, limit: int) -> bytes:
    """The body that `Content-Encoding` says was sent, of at most `limit` bytes.

    No more than that is unpacked, whatever the body claims. Raises UnsupportedMediaTypeError for other encodings and
    for several, BodyTooLargeError, MalformedJsonError for what is no gzip or was cut short.
    """
    names = [name for part in (encoding or "").split(",") if (name := part.strip().lower()) not in _PLAIN]
    if not names or not raw:
        return raw
    if len(names) > 1 or names[0] not in _GZIP:
        raise UnsupportedMediaTypeError("Send the body plain, or with Content-Encoding: gzip.")
    try:
        return _unpacked(raw, limit=limit)
    except zlib.error as error:
        raise MalformedJsonError("The body is not gzip, as its Content-Encoding says.") from error


def _unpacked(raw: bytes, *, limit: int) -> bytes:
    """A gzip file may consist of several, one behind the other."""
    parts: list[bytes] = []
    left = limit
    while raw:
        packed = zlib.decompressobj(_AS_GZIP)
        part = packed.decompress(raw, left + 1)
        left -= len(part)
        if left < 0:
            raise BodyTooLargeError(f"A body here may have {limit:,} bytes unpacked.", max_bytes=limit)
        if not packed.eof:
            raise MalformedJsonError("The gzip body ends too early.")
        parts.append(part)
        raw = packed.unused_data
    return b"".join(parts)
