"""The console's cookie, and the token that proves a change was asked for by its own pages."""

import hashlib
import hmac
from datetime import datetime, timedelta
from http.cookies import CookieError, SimpleCookie
from uuid import UUID

from geo_assign.core.errors import UnavailableError
from geo_assign.core.settings import Settings
from geo_assign.http.errors import CsrfTokenError

COOKIE = "geo_assign_session"
SIGN_ON_COOKIE = "geo_assign_sign_on"
_SIGN_ON_PATH = "/v1/single-sign-on"
HEADER = "X-CSRF-Token"
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})


def csrf_token(settings: Settings, session_id: UUID) -> str:
    """What the console sends in X-CSRF-Token for this session, signed with the newest secret key.

    Raises UnavailableError without one.
    """
    if not settings.fernet_keys:
        raise UnavailableError("GEO_ASSIGN_SECRET_KEYS is not set: no user can log in with a cookie.")
    return _sign(settings.fernet_keys[0], session_id)


def require_csrf_token(settings: Settings, session_id: UUID, given: str | None) -> None:
    """Raises CsrfTokenError unless one of the secret keys signed `given` for this session."""
    offered = (given or "").encode("utf-8", "replace")
    if not any(hmac.compare_digest(_sign(key, session_id).encode(), offered) for key in settings.fernet_keys):
        raise CsrfTokenError


def session_cookie(settings: Settings, token: str, ends_by: datetime) -> str:
    """The Set-Cookie value that a browser keeps until `ends_by`, at which its session ends at the latest."""
    expires = ends_by.strftime("%a, %d %b %Y %H:%M:%S GMT")
    return _cookie(settings, token, f"Expires={expires}")


def cleared_cookie(settings: Settings) -> str:
    """The Set-Cookie value that makes a browser forget its session."""
    return _cookie(settings, "", "Max-Age=0")


def sign_on_cookie(settings: Settings, sealed: str, *, lasts: timedelta) -> str:
    """The Set-Cookie value that binds a log-in by an identity provider to the browser that began it.

    Lax and not Strict: the browser brings it along when the provider sends it back.
    """
    return _sign_on(settings, sealed, int(lasts.total_seconds()))


def cleared_sign_on_cookie(settings: Settings) -> str:
    """The Set-Cookie value that ends such a log-in."""
    return _sign_on(settings, "", 0)


def find_sign_on_cookie(cookies: str | None) -> str | None:
    """What `sign_on_cookie` keeps, in a Cookie header."""
    return _find(cookies, SIGN_ON_COOKIE)


def find_session_cookie(cookies: str | None) -> str | None:
    """The session's token in a Cookie header."""
    return _find(cookies, COOKIE)


def _find(cookies: str | None, name: str) -> str | None:
    if not cookies or name not in cookies:
        return None
    try:
        morsel = SimpleCookie(cookies).get(name)
    except CookieError:
        return None
    return morsel.value if morsel is not None and morsel.value else None


def _sign_on(settings: Settings, value: str, max_age_s: int) -> str:
    secure = "; Secure" if settings.cookie_secure else ""
    return f"{SIGN_ON_COOKIE}={value}; Path={_SIGN_ON_PATH}; Max-Age={max_age_s}; HttpOnly; SameSite=Lax{secure}"


def _sign(key: str, session_id: UUID) -> str:
    return hmac.new(key.encode(), b"csrf:" + session_id.bytes, hashlib.sha256).hexdigest()


def _cookie(settings: Settings, value: str, lifetime: str) -> str:
    secure = "; Secure" if settings.cookie_secure else ""
    return f"{COOKIE}={value}; Path=/; {lifetime}; HttpOnly; SameSite=Strict{secure}"
