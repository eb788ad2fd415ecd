"""ID tokens: whose they are, for whom, until when, and by whom they are signed."""

import base64
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import orjson
from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, RSAKey

from geo_assign.access.sign_on import Claims
from geo_assign.core.wire import Json
from geo_assign.single_sign_on.domain import SignOnUntrustedError

# Signatures that are made with a key which the provider alone has. One with the client's secret, or with none, or with
# a public key taken for a secret (HS256), is not among them, whatever a provider announces or a token says of itself.
_KIND_OF_ALGORITHM: Mapping[str, str] = {
    **{f"{family}{size}": "RSA" for family in ("RS", "PS") for size in (256, 384, 512)},
    **{f"ES{size}": "EC" for size in (256, 384, 512)},
}
ALGORITHMS = frozenset(_KIND_OF_ALGORITHM)
LEEWAY_S = 60
_LEAST_RSA_BITS, _MOST_RSA_BITS = 2_048, 8_192
_MOST_TRIED = 20
_MAX_BYTES = 32_768
_MAX_SUBJECT = 255
_MAX_EMAIL = 254

PublicKey = RSAKey | ECKey


@dataclass(frozen=True, slots=True)
class SigningKey:
    """A provider's public key, with the id and the algorithm that it is announced with, if any."""

    key: PublicKey
    key_id: Json
    algorithm: str | None

    def fits(self, algorithm: str, key_id: Json) -> bool:
        """Whether it may have signed a token. Without a key id in the token every key of the right kind may have."""
        is_of_kind = self.key.key_type == _KIND_OF_ALGORITHM[algorithm] and self.algorithm in {None, algorithm}
        return is_of_kind and (key_id is None or key_id == self.key_id)


@dataclass(frozen=True, slots=True)
class Expected:
    """What an ID token must say."""

    issuer: str
    client_id: str
    nonce: str


class KeyUnknownError(Exception):
    """No key that is known can have signed this token: the provider may have changed its keys."""


def read_keys(document: Json) -> list[SigningKey]:
    """The public keys of a JWKS that may sign; others are left out, also those that cannot be read."""
    listed = document.get("keys") if isinstance(document, dict) else None
    if not isinstance(listed, list):
        return []
    return [key for one in listed if isinstance(one, dict) and (key := _read_key(one)) is not None]


def read_id_token(token: str, keys: Iterable[SigningKey], expected: Expected, *, now: datetime) -> Mapping[str, Json]:
    """The claims of an ID token that all checks found right. Raises SignOnUntrustedError, KeyUnknownError."""
    payload = _verified(token, list(keys))
    try:
        claims = orjson.loads(payload)
    except orjson.JSONDecodeError:
        raise SignOnUntrustedError(reason="malformed") from None
    if not isinstance(claims, dict):
        raise SignOnUntrustedError(reason="malformed")
    _require_addressed(claims, expected)
    _require_time(claims, now.timestamp())
    if claims.get("nonce") != expected.nonce:
        raise SignOnUntrustedError(reason="nonce")
    subject = claims.get("sub")
    if not isinstance(subject, str) or not 0 < len(subject) <= _MAX_SUBJECT or "\0" in subject:
        raise SignOnUntrustedError(reason="subject")
    return claims


def claims_of(checked: Mapping[str, Json]) -> Claims:
    """Who a checked ID token, or the user info that belongs to it, is about."""
    email, verified = checked.get("email"), checked.get("email_verified")
    is_address = isinstance(email, str) and "@" in email and len(email) <= _MAX_EMAIL and email.isprintable()
    return Claims(
        issuer=str(checked["iss"]),
        subject=str(checked["sub"]),
        email=str(email).strip() if is_address else None,
        # Some providers write the word.
        email_verified=None if verified is None else verified is True or verified == "true",
    )


def _verified(token: str, keys: Sequence[SigningKey]) -> bytes:
    header = _header(token)
    algorithm, key_id = header.get("alg"), header.get("kid")
    if not isinstance(algorithm, str) or algorithm not in ALGORITHMS:
        raise SignOnUntrustedError(reason="algorithm")
    fitting = [key for key in keys if key.fits(algorithm, key_id)]
    if not fitting:
        raise KeyUnknownError
    registry = jws.JWSRegistry(algorithms=[algorithm], strict_check_header=False)
    registry.max_header_length = registry.max_payload_length = registry.max_signature_length = _MAX_BYTES
    for one in fitting[:_MOST_TRIED]:
        try:
            return bytes(jws.deserialize_compact(token, one.key, registry=registry).payload)
        except (JoseError, ValueError, TypeError):
            continue
    raise SignOnUntrustedError(reason="signature")


def _header(token: str) -> Mapping[str, Json]:
    """What the token says of its own signature; nothing of it is believed yet."""
    if len(token) > _MAX_BYTES or token.count(".") != 2 or not token.isascii():
        raise SignOnUntrustedError(reason="malformed")
    try:
        header = orjson.loads(_decoded(token.partition(".")[0]))
    except ValueError:
        raise SignOnUntrustedError(reason="malformed") from None
    if not isinstance(header, dict):
        raise SignOnUntrustedError(reason="malformed")
    return header


def _read_key(given: Mapping[str, Json]) -> SigningKey | None:
    if given.get("use", "sig") != "sig":
        return None
    key_id, algorithm = given.get("kid"), given.get("alg")
    try:
        if given.get("kty") == "RSA":
            if not _LEAST_RSA_BITS <= _bits(given["n"]) <= _MOST_RSA_BITS:
                return None
            key: PublicKey = RSAKey.import_key(_members(given, "n", "e"))
        elif given.get("kty") == "EC":
            key = ECKey.import_key(_members(given, "crv", "x", "y"))
        else:
            return None
    except (JoseError, ValueError, TypeError, KeyError):
        return None
    return SigningKey(key, key_id, algorithm if isinstance(algorithm, str) else None)


def _bits(encoded: Json) -> int:
    """The length of a number as JWKs write it. Raises ValueError."""
    return int.from_bytes(_decoded(str(encoded)), "big").bit_length()


def _decoded(encoded: str) -> bytes:
    """Raises ValueError."""
    return base64.urlsafe_b64decode(encoded + "=" * (-len(encoded) % 4))


def _members(given: Mapping[str, Json], *names: str) -> dict[str, str | list[str]]:
    """The public members alone, as texts. Raises KeyError."""
    return {name: str(given[name]) for name in ("kty", *names)}


def _require_addressed(claims: Mapping[str, Json], expected: Expected) -> None:
    if claims.get("iss") != expected.issuer:
        raise SignOnUntrustedError(reason="issuer")
    audience = claims.get("aud")
    listed = audience if isinstance(audience, list) else [audience]
    if expected.client_id not in listed:
        raise SignOnUntrustedError(reason="audience")
    party = claims.get("azp")
    if (party is not None or len(listed) > 1) and party != expected.client_id:
        raise SignOnUntrustedError(reason="authorized_party")


def _require_time(claims: Mapping[str, Json], now: float) -> None:
    expires, issued, begins = (_instant(claims, name) for name in ("exp", "iat", "nbf"))
    if expires is None or expires + LEEWAY_S <= now:
        raise SignOnUntrustedError(reason="expired")
    if issued is None or issued - LEEWAY_S > now or (begins is not None and begins - LEEWAY_S > now):
        raise SignOnUntrustedError(reason="not_yet_valid")


def _instant(claims: Mapping[str, Json], name: str) -> float | None:
    value = claims.get(name)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise SignOnUntrustedError(reason="malformed")
    return value
