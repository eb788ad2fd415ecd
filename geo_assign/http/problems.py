"""Errors as RFC 9457 problem details. The one place that knows which error has which status.

Everything that can be raised while a request is handled becomes a `Problem` here: the library's own errors by their
family, the database's troubles by what a caller can do about them, and the unexpected as 500 with the request's id.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from psycopg import errors as pg_errors
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from geo_assign.core.errors import Family, GeoAssignError, InvalidError, UnavailableError
from geo_assign.core.trouble import find_trouble
from geo_assign.http.errors import InternalError, OverloadedError
from geo_assign.http.response import to_json

MEDIA_TYPE = "application/problem+json"
DOCS = "/docs/problems"

STATUS: Mapping[Family, int] = {
    Family.INVALID: 422,
    Family.UNAUTHENTICATED: 401,
    Family.FORBIDDEN: 403,
    Family.NOT_FOUND: 404,
    Family.CONFLICT: 409,
    Family.GONE: 410,
    Family.STALE: 412,
    Family.VERSION_REQUIRED: 428,
    Family.TOO_MANY: 429,
    Family.UNAVAILABLE: 503,
}
STATUS_OF_CODE: Mapping[str, int] = {
    "malformed_json": 400,
    "incomplete_body": 400,
    "invalid_header": 400,
    "method_not_allowed": 405,
    "body_too_slow": 408,
    "body_too_large": 413,
    "unsupported_media_type": 415,
    "internal_error": 500,
}
_RETRY_AFTER_S: Mapping[Family, float] = {Family.TOO_MANY: 1.0, Family.UNAVAILABLE: 1.0}
_RESERVED = frozenset({"type", "title", "status", "detail", "code", "errors", "instance"})


@dataclass(frozen=True)
class Problem:
    """What a caller is told."""

    status: int
    code: str
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)


def status_of(error: type[GeoAssignError]) -> int:
    """The HTTP status that an error is answered with."""
    return STATUS_OF_CODE.get(error.code) or STATUS[error.family]


def problem_of(error: GeoAssignError, request_id: str) -> Problem:
    """`error` as problem details. Its facts become members beside the standard ones."""
    status = status_of(type(error))
    members: dict[str, object] = {
        "type": f"{DOCS}#{error.code}",
        "title": error.title(),
        "status": status,
        "detail": error.detail,
        "code": error.code,
        "instance": f"urn:request:{request_id}",
    }
    if error.errors:
        members["errors"] = [vars(problem) for problem in error.errors]
    members |= {name: value for name, value in error.facts.items() if name not in _RESERVED}
    return Problem(status, error.code, to_json(members), _headers(error, status))


def translate(error: Exception) -> GeoAssignError:
    """The error that a caller is told for whatever was raised. What comes out as InternalError has to be logged."""
    if isinstance(error, GeoAssignError):
        return error
    if isinstance(error, PoolTimeout):
        return OverloadedError()
    cause = error.orig if isinstance(error, DBAPIError) else error
    if isinstance(cause, pg_errors.NumericValueOutOfRange | pg_errors.DatetimeFieldOverflow):
        return InvalidError("A number is larger than anything we keep.")
    seen = find_trouble(error)
    # A wrong statement is our own fault; only trouble with the connection and the server's state passes by itself.
    if seen is None or seen.trouble.retry_after_s is None:
        return InternalError()
    return UnavailableError(seen.trouble.words, retry_after_s=seen.trouble.retry_after_s)


def documented_errors() -> Iterator[type[GeoAssignError]]:
    """Every error there is, by code; of several with one code the most general."""
    found: dict[str, type[GeoAssignError]] = {}
    for error in _descendants(GeoAssignError):
        found.setdefault(error.code, error)
    yield from (found[code] for code in sorted(found))


def _descendants(base: type[GeoAssignError]) -> Iterator[type[GeoAssignError]]:
    level = base.__subclasses__()
    while level:
        yield from level
        level = [child for parent in level for child in parent.__subclasses__()]


def _headers(error: GeoAssignError, status: int) -> dict[str, str]:
    headers = {}
    wait_s = error.retry_after_s if error.retry_after_s is not None else _RETRY_AFTER_S.get(error.family)
    if wait_s is not None and status in {429, 503}:
        headers["Retry-After"] = str(max(1, round(wait_s + 0.499)))
    if status == 401:
        headers["WWW-Authenticate"] = 'Bearer realm="geo-assign"'
    if status == 405:
        headers["Allow"] = ", ".join(error.facts.get("allow", ()))
    return headers
