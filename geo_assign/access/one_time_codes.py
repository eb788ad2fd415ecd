"""One-time codes: those that an authenticator app shows, and recovery codes for the day on which it is lost."""

import base64
import hashlib
import hmac
import re
import secrets
from datetime import datetime, timedelta
from uuid import UUID

import pyotp
from pydantic import SecretStr

STEP = timedelta(seconds=30)
DRIFT_STEPS = 1
"""How far the clock of a phone may be wrong, either way."""
RECOVERY_CODES = 10
_RECOVERY_BYTES = 10
_APP_CODE = re.compile(r"[0-9]{6}", re.ASCII)
_RECOVERY_CODE = re.compile(r"[A-Z2-7]{16}", re.ASCII)
_BLANKS = re.compile(r"[\s-]+")


def new_second_factor_secret() -> SecretStr:
    """160 random bits in base32, as authenticator apps take them."""
    return SecretStr(pyotp.random_base32())


def provisioning_uri(secret: SecretStr, *, organization: str, email: str) -> str:
    """The `otpauth://` URI that an authenticator app reads from a QR code."""
    made = pyotp.TOTP(secret.get_secret_value(), interval=int(STEP.total_seconds()))
    return made.provisioning_uri(name=email, issuer_name=f"geo-assign {organization}".replace(":", " "))


def code_of_step(secret: SecretStr, step: int) -> str:
    """The six digits that an app shows during one step."""
    return pyotp.HOTP(secret.get_secret_value()).at(step)


def step_at(at: datetime) -> int:
    """The number of the step that `at` lies in."""
    return int(at.timestamp() // STEP.total_seconds())


def find_step(secret: SecretStr, code: str, *, at: datetime, after: int | None) -> int | None:
    """The step whose code this is: the present one or a neighbour of it, and later than `after`.

    A code is worth something once only, so `after` is the step of the last one that was taken. None for any other.
    """
    typed = _BLANKS.sub("", code)
    if not _APP_CODE.fullmatch(typed):
        return None
    now = step_at(at)
    found = None
    for step in range(now - DRIFT_STEPS, now + DRIFT_STEPS + 1):
        is_code = hmac.compare_digest(code_of_step(secret, step), typed)
        if is_code and found is None and (after is None or step > after):
            found = step
    return found


def new_recovery_codes() -> list[str]:
    """Ten codes of 80 random bits each, in groups of four signs."""
    return [_grouped(base64.b32encode(secrets.token_bytes(_RECOVERY_BYTES)).decode()) for _ in range(RECOVERY_CODES)]


def hash_recovery_code(code: str, *, org_id: UUID, user_id: UUID) -> bytes | None:
    """What is kept of a recovery code, however its letters and groups are written; None where it cannot be one.

    A plain SHA-256, as of tokens: there is nothing to guess in 80 random bits.
    """
    typed = _BLANKS.sub("", code).upper()
    if not _RECOVERY_CODE.fullmatch(typed):
        return None
    return hashlib.sha256(org_id.bytes + user_id.bytes + typed.encode()).digest()


def _grouped(text: str) -> str:
    return "-".join(text[start : start + 4] for start in range(0, len(text), 4)).lower()
