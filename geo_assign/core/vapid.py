"""The key pair that a push service knows this installation by (RFC 8292)."""

import base64
import binascii
import secrets
from dataclasses import dataclass, field

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

_KEY_BYTES = 32


@dataclass(frozen=True, slots=True)
class VapidKeys:
    """The pair; `public_key` is what browsers take as `applicationServerKey`. `contact`: an e-mail address."""

    public_key: str
    contact: str
    private_pem: bytes = field(repr=False)
    public_pem: bytes = field(repr=False)


def new_private_key() -> str:
    """A private key as GEO_ASSIGN_VAPID_PRIVATE_KEY takes it: 32 bytes, base64 for URLs."""
    while True:
        text = encode_base64(secrets.token_bytes(_KEY_BYTES))
        try:
            read_private_key(text)
        except ValueError:  # one in four billion is no number of the curve
            continue
        return text


def read_private_key(text: str) -> ec.EllipticCurvePrivateKey:
    """Raises ValueError with a sentence that does not contain the key."""
    try:
        raw = decode_base64(text)
    except ValueError:
        raw = b""
    if len(raw) != _KEY_BYTES:
        raise ValueError("write 32 bytes in base64 for URLs, as geo-assign push-keys prints them")
    try:
        return ec.derive_private_key(int.from_bytes(raw, "big"), ec.SECP256R1())
    except ValueError:
        raise ValueError("this number is no private key of the curve P-256") from None


def vapid_keys(private_key: str, *, contact: str) -> VapidKeys:
    """The pair of a private key. Raises ValueError."""
    private = read_private_key(private_key)
    public = private.public_key()
    return VapidKeys(
        public_key=encode_base64(public.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)),
        contact=contact.removeprefix("mailto:"),
        private_pem=private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()),
        public_pem=public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo),
    )


def encode_base64(raw: bytes) -> str:
    """Base64 for URLs, without padding."""
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def decode_base64(text: str) -> bytes:
    """Bytes of base64 for URLs, padded or not; the common alphabet is read as well. Raises ValueError."""
    bare = text.strip().rstrip("=").replace("+", "-").replace("/", "_")
    try:
        return base64.b64decode(bare + "=" * (-len(bare) % 4), altchars=b"-_", validate=True)
    except binascii.Error as error:
        raise ValueError("not base64") from error
