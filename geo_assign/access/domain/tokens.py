"""The secrets that callers show: how each kind begins, and the hash under which it is kept."""

import base64
import hashlib
import re
import secrets
from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from geo_assign.core.errors import UnauthenticatedError


class TokenKind(StrEnum):
    """A session, a machine's key, a key that stands in a web page, a tracker's, or what a link carries.

    A link calls nothing but its own use.
    """

    SESSION = "session"
    API_KEY = "api_key"
    TRACKER = "tracker"
    PUBLISHABLE_KEY = "publishable_key"
    ONE_TIME_LINK = "one_time_link"
    CUSTOMER_LINK = "customer_link"


_PREFIXES = {
    TokenKind.SESSION: "gas",
    TokenKind.API_KEY: "gak",
    TokenKind.TRACKER: "gat",
    TokenKind.PUBLISHABLE_KEY: "gpk",
    TokenKind.ONE_TIME_LINK: "gal",
    TokenKind.CUSTOMER_LINK: "gac",
}
_KINDS = {prefix: kind for kind, prefix in _PREFIXES.items()}
_TOKEN = re.compile(rf"({'|'.join(_KINDS)})_([A-Za-z0-9_-]{{22}})_([A-Za-z0-9._~+/=-]{{1,200}})")
SECRET = re.compile(r"[A-Za-z0-9._~+/=-]{16,200}")
_SECRET_BYTES = 32


@dataclass(frozen=True, slots=True)
class Token:
    """What is looked up for a token: the organization that it names, and the hash under which it is kept.

    The hash is a plain SHA-256 of the whole text: the secret in it is random and long, so there is nothing to guess
    that a slow hash would protect, and this look-up is part of every request.
    """

    org_id: UUID
    kind: TokenKind
    hash: bytes


def new_token(kind: TokenKind, org_id: UUID, *, secret: str | None = None) -> tuple[str, bytes]:
    """A token's text, to be shown once, and the hash to keep. `secret` replaces the random part."""
    text = f"{token_prefix(kind, org_id)}{secret or secrets.token_urlsafe(_SECRET_BYTES)}"
    return text, _hash(text)


def token_prefix(kind: TokenKind, org_id: UUID) -> str:
    """What every token of this kind in this organization begins with."""
    return f"{_PREFIXES[kind]}_{base64.urlsafe_b64encode(org_id.bytes).decode().rstrip('=')}_"


def parse_token(text: str) -> Token:
    """What a token says about itself; whether it is valid only the database knows. Raises UnauthenticatedError."""
    match = _TOKEN.fullmatch(text)
    if match is None:
        raise UnauthenticatedError("This is not one of our tokens.")
    prefix, org, _ = match.groups()
    return Token(UUID(bytes=base64.urlsafe_b64decode(f"{org}==")), _KINDS[prefix], _hash(text))


def _hash(text: str) -> bytes:
    return hashlib.sha256(text.encode()).digest()
