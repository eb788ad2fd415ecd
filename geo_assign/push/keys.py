"""The keys of a device, as RFC 8291 describes them: what a message to it is encrypted with."""

from cryptography.hazmat.primitives.asymmetric import ec

from geo_assign.core.errors import InvalidError
from geo_assign.core.vapid import decode_base64
from geo_assign.push.domain import PushAddress

_AUTH_BYTES = 16


def require_keys(address: PushAddress) -> None:
    """Raises InvalidError, which names the member, unless both keys are what RFC 8291 says."""
    _require_point(address.p256dh)
    try:
        secret = decode_base64(address.auth)
    except ValueError:
        secret = b""
    if len(secret) != _AUTH_BYTES:
        raise InvalidError.at("/keys/auth", "bad_push_key", "Send the 16 bytes of `auth` in base64 for URLs.")


def _require_point(p256dh: str) -> None:
    try:
        ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), decode_base64(p256dh))
    except ValueError:
        raise InvalidError.at(
            "/keys/p256dh", "bad_push_key", "Send a point of the curve P-256 in base64 for URLs."
        ) from None
