"""Signatures as Standard Webhooks writes them: HMAC-SHA256 over id, time and body, with each secret that is valid."""

import base64
import hmac
import secrets
from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

import orjson
from pydantic import SecretStr

_PREFIX = "whsec_"
_SECRET_BYTES = 32


def new_secret() -> SecretStr:
    """A fresh secret: `whsec_` and 32 random bytes in base64."""
    return SecretStr(_PREFIX + base64.b64encode(secrets.token_bytes(_SECRET_BYTES)).decode())


def body_of(event_type: str, *, occurred_at: datetime, data: Mapping[str, object]) -> bytes:
    """What is sent: compact JSON."""
    timestamp = occurred_at.isoformat().replace("+00:00", "Z")
    return orjson.dumps({"type": event_type, "timestamp": timestamp, "data": data})


def headers_of(message_id: UUID, body: bytes, valid: Sequence[SecretStr], *, at: datetime) -> dict[str, str]:
    """The headers of one attempt at `at`; a signature for each of the `valid` secrets, the present one first."""
    timestamp = str(int(at.timestamp()))
    signed = b".".join([str(message_id).encode(), timestamp.encode(), body])
    return {
        "content-type": "application/json",
        "webhook-id": str(message_id),
        "webhook-timestamp": timestamp,
        "webhook-signature": " ".join(f"v1,{_signature(secret, signed)}" for secret in valid),
    }


def _signature(secret: SecretStr, signed: bytes) -> str:
    key = base64.b64decode(secret.get_secret_value().removeprefix(_PREFIX))
    return base64.b64encode(hmac.digest(key, signed, "sha256")).decode()
