"""The other end of Web Push: a browser's keys, and what only it can read (RFC 8291, RFC 8292)."""

import base64
import json
import os
from dataclasses import dataclass, field
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from tests.providers.stub import Request


def encoded(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def decoded(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


@dataclass(frozen=True)
class Browser:
    """A subscription with the private key that stays in the browser."""

    endpoint: str
    private: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))
    auth: bytes = field(default_factory=lambda: os.urandom(16))

    @property
    def public(self) -> bytes:
        return self.private.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)

    @property
    def subscription(self) -> dict[str, Any]:
        """As `PushSubscription.toJSON()` gives it."""
        keys = {"p256dh": encoded(self.public), "auth": encoded(self.auth)}
        return {"endpoint": self.endpoint, "expirationTime": None, "keys": keys}

    def read(self, request: Request) -> dict[str, Any]:
        """The payload of a push, decrypted."""
        read: dict[str, Any] = json.loads(self.read_text(request))
        return read

    def read_text(self, request: Request) -> str:
        """The same as it was sent."""
        assert request.headers["content-encoding"] == "aes128gcm"
        salt, rest = request.body[:16], request.body[16:]
        record_size, key_length = int.from_bytes(rest[:4], "big"), rest[4]
        sender, ciphertext = rest[5 : 5 + key_length], rest[5 + key_length :]
        assert len(ciphertext) <= record_size
        shared = self.private.exchange(ec.ECDH(), ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), sender))
        secret = _hkdf(self.auth, shared, b"WebPush: info\0" + self.public + sender, 32)
        key = _hkdf(salt, secret, b"Content-Encoding: aes128gcm\0", 16)
        nonce = _hkdf(salt, secret, b"Content-Encoding: nonce\0", 12)
        padded = AESGCM(key).decrypt(nonce, ciphertext, None)
        content, end, padding = padded.rpartition(b"\x02")
        assert (end, padding.strip(b"\0")) == (b"\x02", b"")
        return content.decode()


def token_of(request: Request) -> tuple[dict[str, Any], str]:
    """The claims of a push's token, whose signature holds, and the public key that it names."""
    scheme, _, parameters = request.headers["authorization"].partition(" ")
    assert scheme.lower() == "vapid"
    named = dict(part.strip().split("=", 1) for part in parameters.split(","))
    head, claims, signature = named["t"].split(".")
    raw = decoded(signature)
    assert json.loads(decoded(head))["alg"] == "ES256"
    assert len(raw) == 64
    key = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), decoded(named["k"]))
    proof = encode_dss_signature(int.from_bytes(raw[:32], "big"), int.from_bytes(raw[32:], "big"))
    key.verify(proof, f"{head}.{claims}".encode(), ec.ECDSA(hashes.SHA256()))
    return json.loads(decoded(claims)), named["k"]


def _hkdf(salt: bytes, secret: bytes, info: bytes, length: int) -> bytes:
    return HKDF(algorithm=hashes.SHA256(), length=length, salt=salt, info=info).derive(secret)
