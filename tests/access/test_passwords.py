"""Passwords as they are kept in production: the other tests hash with little work."""

import pytest

from geo_assign.access import passwords
from geo_assign.access.passwords import hash_password, needs_rehash, password_matches

REAL = passwords._hasher


@pytest.fixture(autouse=True)
def real_work(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(passwords, "_hasher", REAL)


def test_to_try_one_takes_memory_and_time() -> None:
    """OWASP's recommendation for Argon2id with one lane."""
    assert hash_password("x").startswith("$argon2id$v=19$m=19456,t=2,p=1$")


def test_a_password_matches_its_hash_only() -> None:
    kept = hash_password("correct horse")
    assert password_matches("correct horse", kept)
    assert not password_matches("Correct horse", kept)
    assert "correct" not in kept


def test_an_unknown_account_has_no_password() -> None:
    assert not password_matches("no account has this password", None)
    assert not password_matches("", None)


def test_a_broken_hash_matches_nothing() -> None:
    assert not password_matches("x", "not a hash")


def test_hashes_of_other_parameters_are_renewed() -> None:
    assert not needs_rehash(hash_password("x"))
    assert needs_rehash("$argon2id$v=19$m=8,t=1,p=1$c29tZXNhbHQ$/8xJ2FZE1dtaQNlBnYFl3w")
