"""Proof of work: what a browser computes before its lead is taken, so that a flood of leads costs its sender.

The service draws a number up to `max_number` and tells the hash of salt and number; the browser tries numbers until
one has that hash. Nothing is kept for a challenge: it carries key, end and hash under a signature.
"""

import base64
import hashlib
import hmac
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

import orjson

from geo_assign.core.errors import UnavailableError
from geo_assign.widget.domain import ProofRefusedError

LIVES = timedelta(minutes=10)
_SALT_BYTES = 16


@dataclass(frozen=True, slots=True)
class Challenge:
    """`text` is sent back with the number from 0 to `max_number` for which SHA-256 of salt and number is `target`."""

    text: str
    salt: str
    target: str
    max_number: int
    expires_at: datetime


def new_challenge(signing_keys: Sequence[str], api_key_id: UUID, *, max_number: int, now: datetime) -> Challenge:
    """A challenge for the visitors of one key. Raises UnavailableError without signing keys."""
    salt = secrets.token_hex(_SALT_BYTES)
    target = hash_of(salt, secrets.randbelow(max_number + 1))
    expires_at = (now + LIVES).replace(microsecond=0)
    content = {"key": str(api_key_id), "salt": salt, "target": target, "until": int(expires_at.timestamp())}
    body = base64.urlsafe_b64encode(orjson.dumps(content)).decode().rstrip("=")
    return Challenge(f"{body}.{_sign(_newest(signing_keys), body)}", salt, target, max_number, expires_at)


def require_proof(
    signing_keys: Sequence[str], api_key_id: UUID, *, challenge: str, number: int, now: datetime
) -> tuple[bytes, datetime]:
    """The hash by which a challenge is known as used, and its end. Raises ProofRefusedError with the reason."""
    body, _, signature = challenge.partition(".")
    if not any(hmac.compare_digest(_sign(key, body).encode(), signature.encode()) for key in signing_keys):
        raise ProofRefusedError(because="foreign")
    content = orjson.loads(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)))
    expires_at = datetime.fromtimestamp(content["until"], tz=now.tzinfo)
    if content["key"] != str(api_key_id):
        raise ProofRefusedError(because="foreign")
    if expires_at <= now:
        raise ProofRefusedError(because="expired")
    if not hmac.compare_digest(hash_of(content["salt"], number), content["target"]):
        raise ProofRefusedError(because="wrong")
    return hashlib.sha256(body.encode()).digest(), expires_at


def hash_of(salt: str, number: int) -> str:
    """SHA-256, in hexadecimal, of the salt with the decimal number behind it."""
    return hashlib.sha256(f"{salt}{number}".encode()).hexdigest()


def _newest(signing_keys: Sequence[str]) -> str:
    if not signing_keys:
        raise UnavailableError("GEO_ASSIGN_SECRET_KEYS is not set: no booking page can be served.")
    return signing_keys[0]


def _sign(key: str, body: str) -> str:
    return hmac.new(key.encode(), b"widget:" + body.encode("utf-8", "replace"), hashlib.sha256).hexdigest()
