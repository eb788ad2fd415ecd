from geo_assign.access.passwords import hash_password, needs_rehash, password_matches


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
