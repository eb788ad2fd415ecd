"""Answers: JSON, entity tags, and the headers that every answer carries."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import islice

import flask
import orjson
from pydantic import BaseModel
from werkzeug.datastructures import ETags, Headers

from geo_assign.core.trouble import SeenTrouble
from geo_assign.http.operations import Reply, Stream

_OPTIONS = orjson.OPT_UTC_Z | orjson.OPT_NON_STR_KEYS
# No answer of the API is a page: nothing may be framed, sniffed, or kept by a cache in between.
API_HEADERS = (
    ("X-Content-Type-Options", "nosniff"),
    ("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'"),
    ("Referrer-Policy", "no-referrer"),
)


class Response(flask.Response):
    """An answer of the API. One without a body has no Content-Type.

    `problem_code` is that of its problem, if any; `trouble` is what the database said, where that is the reason.
    """

    default_mimetype = None
    problem_code: str | None = None
    trouble: SeenTrouble | None = None

    def get_wsgi_headers(self, environ: Mapping[str, object]) -> Headers:  # noqa: ARG002
        """As they are: they are complete. werkzeug would copy them, and look for what there is to correct."""
        return self.headers

    def get_app_iter(self, environ: dict[str, object]) -> Iterable[bytes]:
        """A whole body as a list: granian sends a list at once, and any other iterable piece by piece."""
        if not self.is_sequence:
            return super().get_app_iter(environ)
        parts = [] if environ["REQUEST_METHOD"] == "HEAD" else list(self.iter_encoded())
        self.close()
        return parts


class StreamResponse(Response):
    """An answer that goes on; it calls `on_end` when the client has left, however its parts end."""

    def __init__(self, parts: Iterable[bytes], status: int, headers: Sequence[tuple[str, str]]) -> None:
        super().__init__(parts, status, headers)
        self.on_end: Callable[[], None] | None = None

    def close(self) -> None:
        """Called by the server, once the answer is sent or the client has gone away."""
        on_end, self.on_end = self.on_end, None
        try:
            super().close()
        finally:
            if on_end is not None:
                on_end()


def to_json(value: object) -> bytes:
    """Data as JSON: UUIDs as strings, instants in UTC with `Z`, pydantic models and dataclasses as objects."""
    return orjson.dumps(value, default=_plain, option=_OPTIONS)


def list_to_json(items: Iterable[object], *, at_once: int) -> orjson.Fragment:
    """A list as a part of what `to_json` renders, of which no more than `at_once` items are held."""
    left, parts = iter(items), list[bytes]()
    while some := list(islice(left, at_once)):
        parts.append(to_json(some)[1:-1])
        some.clear()
    return orjson.Fragment(b"[" + b",".join(parts) + b"]")


def render(reply: Reply, status: int, *, request_id: str, if_none_match: ETags | None) -> Response:
    """`reply` as an answer; 304 when the client already has this version, which `if_none_match` says."""
    headers = [*API_HEADERS, ("X-Request-Id", request_id), *reply.headers.items()]
    headers += [("Set-Cookie", cookie) for cookie in reply.cookies]
    if "Cache-Control" not in reply.headers:
        headers.append(("Cache-Control", "no-store" if reply.version is None else "private, no-cache"))
    if reply.version is not None:
        tag = str(reply.version)
        headers.append(("ETag", f'"{tag}"'))
        # The weak comparison of RFC 9110: proxies weaken tags when they compress.
        if if_none_match is not None and if_none_match.contains_weak(tag):
            return Response(None, 304, headers)
    body = reply.body
    if body is None or status == 204:
        if status != 204:
            headers.append(("Content-Length", "0"))
        return Response(None, status, headers)
    if isinstance(body, Stream):
        headers.append(("Content-Type", body.content_type))
        return StreamResponse(body.parts, status, headers)
    if "Content-Type" not in reply.headers:
        headers.append(("Content-Type", "application/json"))
    return Response(_data(body), status, headers)


def _data(body: object) -> bytes:
    if isinstance(body, bytes):
        return body
    if isinstance(body, BaseModel):
        return body.__pydantic_serializer__.to_json(body)
    return to_json(body)


def _plain(value: object) -> object:
    if isinstance(value, BaseModel):
        return value.model_dump(mode="json")
    if isinstance(value, set | frozenset | tuple):
        return list(value)
    raise TypeError(f"{type(value).__name__} has no place in JSON")
