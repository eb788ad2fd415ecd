"""Answers as bytes: JSON, entity tags, and the headers that every answer carries."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

import orjson
from pydantic import BaseModel

from geo_assign.http.operations import Reply, Stream

_OPTIONS = orjson.OPT_UTC_Z | orjson.OPT_NON_STR_KEYS
STATUS_LINES = {status.value: f"{status.value} {status.phrase}" for status in HTTPStatus}
# An API's answers are nobody's page: nothing may be framed, sniffed, or kept by a cache in between.
API_HEADERS = (
    ("X-Content-Type-Options", "nosniff"),
    ("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'"),
    ("Referrer-Policy", "no-referrer"),
)


@dataclass(frozen=True, slots=True)
class Outgoing:
    """An answer, ready for the server. `parts` is a list with the whole body, or a stream."""

    status: int
    headers: list[tuple[str, str]]
    parts: Iterable[bytes]
    code: str | None = None


class HeldParts(Iterator[bytes]):
    """A stream's parts; gives its place back when the client has left."""

    def __init__(self, parts: Iterable[bytes], give_back: Callable[[], None]) -> None:
        self._whole = parts
        self._parts = iter(parts)
        self._give_back: Callable[[], None] | None = give_back

    def __next__(self) -> bytes:
        return next(self._parts)

    def close(self) -> None:
        give_back, self._give_back = self._give_back, None
        if give_back is None:
            return
        try:
            if (close := getattr(self._whole, "close", None)) is not None:
                close()
        finally:
            give_back()


def to_json(value: Any) -> bytes:
    """Data as JSON: UUIDs as strings, instants in UTC with `Z`, pydantic models and dataclasses as objects."""
    return orjson.dumps(value, default=_plain, option=_OPTIONS)


def render(reply: Reply, status: int, *, request_id: str, if_none_match: str | None, head: bool) -> Outgoing:
    """`reply` as an answer; 304 when the client already has this version."""
    headers = [*API_HEADERS, ("X-Request-Id", request_id)]
    given = reply.headers
    if given:
        headers.extend(given.items())
    if not given or "Cache-Control" not in given:
        headers.append(("Cache-Control", "no-store" if reply.version is None else "private, no-cache"))
    if reply.version is not None:
        tag = f'"{reply.version}"'
        headers.append(("ETag", tag))
        if if_none_match is not None and _matches(if_none_match, tag):
            return Outgoing(304, headers, [])
    if isinstance(reply.body, Stream):
        headers.append(("Content-Type", reply.body.content_type))
        return Outgoing(status, headers, reply.body.parts)
    return _whole(reply.body, status, headers, given=given, head=head)


def _whole(body: Any, status: int, headers: list[tuple[str, str]], *, given: Mapping[str, str], head: bool) -> Outgoing:
    if body is None or status == 204:
        if status != 204:
            headers.append(("Content-Length", "0"))
        return Outgoing(status, headers, [])
    data = _data(body)
    if not given or "Content-Type" not in given:
        headers.append(("Content-Type", "application/json"))
    headers.append(("Content-Length", str(len(data))))
    return Outgoing(status, headers, [] if head else [data])


def _data(body: Any) -> bytes:
    if isinstance(body, bytes):
        return body
    if isinstance(body, BaseModel):
        return body.__pydantic_serializer__.to_json(body)
    return to_json(body)


def _matches(if_none_match: str, tag: str) -> bool:
    """The weak comparison of RFC 9110: proxies weaken tags when they compress."""
    return any(part.strip().removeprefix("W/") in {tag, "*"} for part in if_none_match.split(","))


def _plain(value: Any) -> Any:
    if isinstance(value, BaseModel):
        return value.model_dump(mode="json")
    if isinstance(value, set | frozenset | tuple):
        return list(value)
    raise TypeError(f"{type(value).__name__} has no place in JSON")
