"""From a request's credentials to the caller: Bearer header, the password of Basic, or the console's cookie."""

import base64
import binascii
from dataclasses import dataclass

from geo_assign.access.domain import Caller, Role, SecondFactorEnrolmentRequiredError, Token, parse_token
from geo_assign.access.queries import opened_caller
from geo_assign.core.db import Tx
from geo_assign.core.errors import ForbiddenError, UnauthenticatedError
from geo_assign.core.settings import Settings
from geo_assign.http.csrf import HEADER, SAFE_METHODS, find_session_cookie, require_csrf_token
from geo_assign.http.operations import Access
from geo_assign.http.request import Request


@dataclass(frozen=True, slots=True)
class Credentials:
    """A token, and whether a browser sent it by itself: then a change needs the CSRF token too."""

    token: Token
    by_cookie: bool


def credentials_of(request: Request) -> Credentials:
    """Raises UnauthenticatedError when there are none, or none of ours. Nothing is looked up."""
    authorization: str | None = request.environ.get("HTTP_AUTHORIZATION")
    if authorization is not None:
        return Credentials(parse_token(_token_in(authorization)), by_cookie=False)
    cookie = find_session_cookie(request.headers.get("Cookie"))
    if cookie is None:
        raise UnauthenticatedError
    return Credentials(parse_token(cookie), by_cookie=True)


def authenticate(tx: Tx, credentials: Credentials, request: Request, *, settings: Settings) -> Caller:
    """Who calls, in a transaction opened with the token's question. Raises UnauthenticatedError, CsrfTokenError."""
    caller = opened_caller(tx, credentials.token)
    if caller is None:
        raise UnauthenticatedError("The token is unknown, expired or revoked.")
    if credentials.by_cookie and request.method not in SAFE_METHODS and caller.session_id is not None:
        require_csrf_token(settings, caller.session_id, request.headers.get(HEADER))
    return caller


def require_access(caller: Caller, access: Access) -> None:
    """Raises ForbiddenError. The permission is wanted of dispatchers: administrators have every one.

    SecondFactorEnrolmentRequiredError for a session that is good for enrolment alone.
    """
    if caller.must_enrol and not access.enrolling:
        raise SecondFactorEnrolmentRequiredError
    if not caller.may(roles=access.roles, scopes=access.scopes):
        raise ForbiddenError
    if access.permission is not None and caller.role is Role.DISPATCHER and access.permission not in caller.permissions:
        raise ForbiddenError(f"This needs the permission {access.permission}.", permission=access.permission)


def _token_in(authorization: str) -> str:
    scheme, _, value = authorization.partition(" ")
    kind = scheme.lower()
    if kind == "bearer":
        return value.strip()
    if kind == "basic":
        # Trackers that know no other way: any user name, the token as the password.
        try:
            decoded = base64.b64decode(value.strip(), validate=True).decode("ascii")
        except (binascii.Error, UnicodeDecodeError, ValueError) as error:
            raise UnauthenticatedError("The Basic credentials cannot be read.") from error
        return decoded.partition(":")[2]
    raise UnauthenticatedError("Authorization takes a Bearer token.")
