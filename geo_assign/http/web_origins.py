"""Booking pages on other sites: which origins a publishable key is for, and what their browsers are told (CORS).

A browser asks before it sends (preflight), and then without the key's header: so the key stands in the address,
`?key=`. Exactly the key's own origins are allowed, never with cookies; other origins get no header.
"""

from collections.abc import Sequence
from contextlib import suppress
from urllib.parse import parse_qs, urlsplit

import flask

from geo_assign.access.domain import Caller, Token, TokenKind, parse_token
from geo_assign.access.queries import opened_caller, opening_of
from geo_assign.core.db import Database
from geo_assign.core.errors import ForbiddenError, GeoAssignError
from geo_assign.http.admission import Admission
from geo_assign.http.operations import Lane
from geo_assign.http.request import Request, current_request
from geo_assign.http.response import API_HEADERS, Response
from geo_assign.http.transactions import RequestTransactions

PATHS = "/v1/widget"
_METHODS = "GET, POST"
_ALLOWED_HEADERS = "Authorization, Content-Type, Idempotency-Key, X-Request-Id"
_EXPOSED_HEADERS = (
    "Idempotency-Replayed, RateLimit-Limit, RateLimit-Policy, RateLimit-Remaining, RateLimit-Reset, Retry-After, "
    "X-Request-Id"
)
_REMEMBERED_S = "600"


class OriginNotAllowedError(ForbiddenError):
    """This key is not for pages of that web origin.

    An administrator names the key's `web_origins`.
    """

    code = "origin_not_allowed"


def require_origin(caller: Caller, request: Request) -> None:
    """Raises OriginNotAllowedError for a publishable key on a page that is none of its sites'.

    A page of this very host is the service's own booking page, `/widget/…`; a browser leaves the header out where it
    reads.
    """
    if not caller.is_publishable:
        return
    origin = request.headers.get("Origin")
    if origin in caller.web_origins:
        request.web_origin = origin
    elif not _is_own(origin, request) and (origin is not None or request.method != "GET"):
        raise OriginNotAllowedError


def _is_own(origin: str | None, request: Request) -> bool:
    return origin is not None and urlsplit(origin).netloc == request.host


def find_key_in_address(query_string: bytes) -> Token | None:
    """The publishable key of a booking page's address. Raises UnauthenticatedError for what is no token."""
    given = parse_qs(query_string.decode("latin-1")).get("key", [])
    if len(given) != 1:
        return None
    token = parse_token(given[0])
    return token if token.kind is TokenKind.PUBLISHABLE_KEY else None


def serve_booking_pages(app: flask.Flask, database: Database, pool: Admission) -> None:
    """Answer preflights of booking pages, and tell browsers what such pages may read."""

    def preflight() -> Response | None:
        request = current_request()
        if request.method != "OPTIONS" or not request.path.startswith(PATHS):
            return None
        origin = request.headers.get("Origin")
        with suppress(GeoAssignError):
            caller = _find_holder(database, pool, request.query_string)
            if caller is not None and origin is not None and origin in caller.web_origins:
                return _answer(request, _preflight_headers(origin))
        return _answer(request, [])

    def tell(response: flask.Response) -> flask.Response:
        request = current_request()
        if request.path.startswith(PATHS) and request.method != "OPTIONS":
            response.headers["Vary"] = "Origin"
            if request.web_origin is not None:
                response.headers["Access-Control-Allow-Origin"] = request.web_origin
                response.headers["Access-Control-Expose-Headers"] = _EXPOSED_HEADERS
        return response

    app.before_request(preflight)
    app.after_request(tell)


def _find_holder(database: Database, pool: Admission, query_string: bytes) -> Caller | None:
    token = find_key_in_address(query_string)
    if token is None:
        return None
    transactions = RequestTransactions(database, pool, token.org_id)
    try:
        caller = opened_caller(transactions.begin(Lane.PICTURES, *opening_of(token)), token)
    except BaseException as error:
        transactions.abandon(error)
        raise
    transactions.close()
    return caller


def _preflight_headers(origin: str) -> list[tuple[str, str]]:
    return [
        ("Access-Control-Allow-Origin", origin),
        ("Access-Control-Allow-Methods", _METHODS),
        ("Access-Control-Allow-Headers", _ALLOWED_HEADERS),
        ("Access-Control-Max-Age", _REMEMBERED_S),
    ]


def _answer(request: Request, headers: Sequence[tuple[str, str]]) -> Response:
    always = [*API_HEADERS, ("X-Request-Id", request.request_id), ("Vary", "Origin"), ("Allow", f"{_METHODS}, OPTIONS")]
    return Response(None, 204, [*always, *headers])
