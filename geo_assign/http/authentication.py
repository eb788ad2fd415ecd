"""From a request's credentials to the caller: Bearer header, the password of Basic, or the console's cookie.

Tracker apps put their token where each of them can: also into the address or the body, and never into a cookie.
"""

import base64
import binascii
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from geo_assign.access.domain import (
    ActorKind,
    Caller,
    Role,
    SecondFactorEnrolmentRequiredError,
    Token,
    TokenKind,
    parse_token,
)
from geo_assign.access.queries import opened_caller
from geo_assign.core.db import Tx
from geo_assign.core.errors import ForbiddenError, UnauthenticatedError
from geo_assign.core.settings import Settings
from geo_assign.http.csrf import HEADER, SAFE_METHODS, find_session_cookie, require_csrf_token
from geo_assign.http.operations import Access
from geo_assign.http.request import Request
from geo_assign.positions.trackers import identities_in

_URL_ALPHABET = str.maketrans("-_", "+/")


@dataclass(frozen=True, slots=True)
class Credentials:
    """A token, and whether a browser sent it by itself: then a change needs the CSRF token too."""

    token: Token
    by_cookie: bool


def credentials_of(request: Request) -> Credentials:
    """Raises UnauthenticatedError when there are none, or none of ours. Nothing is looked up."""
    return credentials_in(request.environ)


def credentials_in(environ: Mapping[str, object]) -> Credentials:
    """The same, of a request's environment."""
    authorization = environ.get("HTTP_AUTHORIZATION")
    if authorization is not None:
        return Credentials(parse_token(_token_in(str(authorization))), by_cookie=False)
    sent = environ.get("HTTP_COOKIE")
    cookie = find_session_cookie(None if sent is None else str(sent))
    if cookie is None:
        raise UnauthenticatedError
    return Credentials(parse_token(cookie), by_cookie=True)


def find_tracker_credentials(request: Request) -> Credentials | None:
    """The token of a tracker app in the headers or the address; None when only the body can hold it.

    A header may also hold a session's token. An address is written into logs on the way, so there only a tracker's
    counts, which may do nothing but send positions.
    """
    return _find_token(_tokens_in_headers(request), tuple(TokenKind)) or find_credentials_in(request.query_string)


def find_credentials_in(sent: bytes) -> Credentials | None:
    """The token of a tracker in a query string, a form or JSON."""
    return _find_token(identities_in(sent), (TokenKind.TRACKER,))


def _tokens_in_headers(request: Request) -> Iterator[str]:
    authorization: str | None = request.environ.get("HTTP_AUTHORIZATION")
    if authorization is not None:
        scheme, _, value = authorization.partition(" ")
        # Some apps have a field for a user name alone.
        yield from _basic_pair(value)[::-1] if scheme.lower() == "basic" else [(value or scheme).strip()]
    for name in ("X-Limit-D", "X-Limit-U"):
        yield request.headers.get(name, "").strip()


def _find_token(texts: Iterable[str], kinds: Iterable[TokenKind]) -> Credentials | None:
    for text in texts:
        try:
            token = parse_token(text)
        except UnauthenticatedError:
            continue
        if token.kind in kinds:
            return Credentials(token, by_cookie=False)
    return None


def authenticate(tx: Tx, credentials: Credentials, request: Request, *, settings: Settings) -> Caller:
    """Who calls, in a transaction opened with the token's question. Raises UnauthenticatedError, CsrfTokenError."""
    caller = opened_caller(tx, credentials.token)
    if caller is None:
        raise UnauthenticatedError("The token is unknown, expired or revoked.")
    if credentials.by_cookie and request.method not in SAFE_METHODS and caller.session_id is not None:
        require_csrf_token(settings, caller.session_id, request.headers.get(HEADER))
    return caller


def require_access(caller: Caller, access: Access) -> None:
    """Raises ForbiddenError, for an API key with the scopes of which it lacks one.

    The permission is wanted of dispatchers: administrators have every one. Raises SecondFactorEnrolmentRequiredError
    for a session that is good for enrolment alone.
    """
    if caller.tracker is not None:
        if not access.trackers:
            raise ForbiddenError("A tracker's token is for sending positions.")
        return
    if caller.must_enrol and not access.enrolling:
        raise SecondFactorEnrolmentRequiredError
    if not caller.may(roles=access.roles, scopes=access.scopes):
        raise _of_scopes(access) if caller.kind is ActorKind.API_KEY else ForbiddenError()
    if access.permission is not None and caller.role is Role.DISPATCHER and access.permission not in caller.permissions:
        raise ForbiddenError(f"This needs the permission {access.permission}.", permission=access.permission)


def _of_scopes(access: Access) -> ForbiddenError:
    if not access.scopes:
        return ForbiddenError("No API key may do this: a user who is logged in may.", missing_scopes=[])
    named = " or ".join(access.scopes)
    return ForbiddenError(f"This API key lacks the scope {named}.", missing_scopes=list(access.scopes))


def _token_in(authorization: str) -> str:
    scheme, _, value = authorization.partition(" ")
    kind = scheme.lower()
    if kind == "bearer":
        return value.strip()
    if kind == "basic":
        # Trackers that know no other way: any user name, the token as the password.
        if not (password := _password_in(value)):
            raise UnauthenticatedError("The Basic credentials cannot be read.")
        return password
    raise UnauthenticatedError("Authorization takes a Bearer token.")


def _password_in(basic: str) -> str:
    """The password of Basic credentials; empty when they cannot be read."""
    return _basic_pair(basic)[1]


def _basic_pair(basic: str) -> tuple[str, str]:
    """User name and password of Basic credentials; both empty when they cannot be read."""
    try:
        # Apps leave the padding out, or write the alphabet for addresses. The user name may be any text; the token is
        # ASCII, whatever stands before it.
        plain = basic.strip().rstrip("=").translate(_URL_ALPHABET)
        decoded = base64.b64decode(plain + "=" * (-len(plain) % 4), validate=True).decode("latin-1")
    except (binascii.Error, ValueError):
        return "", ""
    user, _, password = decoded.partition(":")
    return user.strip(), password.strip()
