"""Secrets at rest: encrypted with the newest of the operator's keys, readable with all of them.

To rotate, put a fresh key in front of GEO_ASSIGN_SECRET_KEYS, re-encrypt, then drop the old one.
"""

import hashlib
import hmac
from collections.abc import Sequence
from typing import Any

import orjson
from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from pydantic import SecretStr

from geo_assign.core.errors import UnavailableError, UnusableSettingError


class SecretKeysMissingError(UnavailableError):
    """No secret can be stored.

    `GEO_ASSIGN_SECRET_KEYS` is not set, so neither a map key nor a webhook secret can be encrypted.
    """

    code = "secret_keys_missing"


class SecretUnreadableError(UnavailableError):
    """A stored secret cannot be read.

    The map key or webhook secret was encrypted with a secret key that is no longer configured.
    """

    code = "secret_unreadable"


class SecretBox:
    """Encrypts and decrypts with the keys given, newest first.

    Without keys it still seals what may be forgotten (caches), with a key of its own that ends with the process.
    """

    def __init__(self, fernet_keys: Sequence[str]) -> None:
        """Raises UnusableSettingError for a key that is none, with its number and never with the key."""
        self._is_durable = bool(fernet_keys)
        keys = [key.encode() for key in fernet_keys] or [Fernet.generate_key()]
        self._fernet = MultiFernet([_fernet(key, number) for number, key in enumerate(keys, start=1)])
        self._fingerprint_key = hashlib.sha256(b"fingerprint " + keys[0]).digest()

    def encrypt(self, secret: SecretStr) -> bytes:
        """Raises SecretKeysMissingError without configured keys."""
        if not self._is_durable:
            raise SecretKeysMissingError
        return self._fernet.encrypt(secret.get_secret_value().encode())

    def decrypt(self, token: bytes) -> SecretStr:
        """Raises SecretUnreadableError when none of the keys fits."""
        try:
            return SecretStr(self._fernet.decrypt(token).decode())
        except InvalidToken:
            raise SecretUnreadableError from None

    def rotate(self, token: bytes) -> bytes:
        """The same secret under the newest key. Raises SecretUnreadableError."""
        if not self._is_durable:
            raise SecretKeysMissingError
        try:
            return self._fernet.rotate(token)
        except InvalidToken:
            raise SecretUnreadableError from None

    def seal(self, document: object) -> str:
        """A JSON document that only holders of a key can read."""
        return self._fernet.encrypt(orjson.dumps(document)).decode()

    def unseal(self, sealed: str) -> Any | None:
        """The document, or None when no present key fits."""
        try:
            return orjson.loads(self._fernet.decrypt(sealed))
        except (InvalidToken, orjson.JSONDecodeError):
            return None

    def fingerprint(self, *parts: str) -> bytes:
        """A keyed hash of `parts`: equal for equal parts, and telling nothing to whom the key is unknown."""
        message = b"\0".join(part.encode("utf-8", "surrogatepass") for part in parts)
        return hmac.digest(self._fingerprint_key, message, "sha256")


def _fernet(key: bytes, number: int) -> Fernet:
    try:
        return Fernet(key)
    except ValueError:
        raise UnusableSettingError(
            f"GEO_ASSIGN_SECRET_KEYS: key {number} is no Fernet key. geo-assign secrets new prints one."
        ) from None
