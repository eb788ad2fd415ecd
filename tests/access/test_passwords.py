"""Passwords as they are kept in production: the other tests hash with little work."""

import pytest
from hypothesis import given
from hypothesis.strategies import text

from geo_assign.access import passwords
from geo_assign.access.passwords import find_objection, hash_password, needs_rehash, password_matches

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


# Which may be chosen --------------------------------------------------------------------------------------------------

OWN = ("jose.silva@acme.example", "José Silva", "José", "Silva", "Acme Repairs", "acme-repairs")


@pytest.mark.parametrize(
    "password",
    [
        "correct horse battery staple",
        "orrava-demo-password",
        "eleven-ladders-4",
        "päßwört-für-uns",
        "7f3kd92m",
        "дом на холме",
    ],
)
def test_a_password_that_is_hard_to_guess_may_be_chosen(password: str) -> None:
    assert find_objection(password, own=OWN) is None


@pytest.mark.parametrize("password", ["", " ", "        ", "\t\n \u00a0\u2003   "])
def test_blanks_are_no_password(password: str) -> None:
    assert "blanks" in str(find_objection(password))


@pytest.mark.parametrize("password", ["x", "7f3kd92", "7f3kd92 ", "  7f3kd92   ", "éèàüöäß"])
def test_less_than_eight_characters_are_too_few(password: str) -> None:
    assert "too short" in str(find_objection(password))


@pytest.mark.parametrize(
    "password",
    [
        "password", "Password1", "PASSWORD1", "12345678", "123456789", "1234567890", "qwertyuiop", "iloveyou",
        "sunshine",
        "princess", "football", "baseball", "superman", "trustno1", "P@ssw0rd", "passw0rd", "1q2w3e4r", "zaq12wsx",
        "qwerty123", "aaaaaaaa", "11111111", "abcdefgh", "abcabcabc", "administrator", "asdfghjkl", "87654321",
        "internet",
        "computer", "starwars", "corvette", "mercedes", "whatever", "jennifer", " password ",
    ],
)  # fmt: skip
def test_the_commonest_are_refused(password: str) -> None:
    assert "commonest" in str(find_objection(password))


@pytest.mark.parametrize(
    "password",
    [
        "josesilva", "José Silva", "JOSE-SILVA", "jose.silva@acme.example", "Jose.Silva", "josésilva2026",
        "007josesilva!",
        "Acme Repairs", "acmerepairs", "acme-repairs-2026", "ACME_REPAIRS!!",
    ],
)  # fmt: skip
def test_what_is_known_of_the_account_is_refused(password: str) -> None:
    assert "of the account" in str(find_objection(password, own=OWN))
    assert find_objection(f"{password} kept 7f3k", own=OWN) is None


@given(text())
def test_every_text_is_judged(password: str) -> None:
    assert isinstance(find_objection(password, own=[password[:3], ""]), str | None)
