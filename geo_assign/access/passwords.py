"""Passwords: Argon2id, with the same work whether the account exists or not."""

from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

# OWASP's recommended setting (19 MiB, two passes, one lane): about 20 ms, and 16 log-ins at once fit in 300 MB.
_hasher = PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)


def hash_password(password: str) -> str:
    """What to keep of a password."""
    return _hasher.hash(password)


def password_matches(password: str, kept: str | None) -> bool:
    """Whether `password` is the one kept. For None (no account or no password) it takes as long."""
    try:
        _hasher.verify(kept or _hash_of_no_account(), password)
    except (VerificationError, InvalidHashError):
        return False
    return kept is not None


def needs_rehash(kept: str) -> bool:
    """Whether `kept` was made with other parameters than today's."""
    return _hasher.check_needs_rehash(kept)


@cache
def _hash_of_no_account() -> str:
    return hash_password("no account has this password")
