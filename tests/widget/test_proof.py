"""Proof of work: what was found for a challenge counts for the key that it was given to, in time, and nothing else."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geo_assign.core.errors import UnavailableError
from geo_assign.widget.domain import ProofRefusedError
from geo_assign.widget.proof import LIVES, Challenge, hash_of, new_challenge, require_proof

NOW = datetime(2026, 5, 20, 12, 0, tzinfo=UTC)
KEYS = ("a-newer-key", "an-older-key")
ONE, OTHER = UUID(int=1), UUID(int=2)


def found(challenge: Challenge) -> int:
    numbers = range(challenge.max_number + 1)
    return next(number for number in numbers if hash_of(challenge.salt, number) == challenge.target)


def refused(challenge: str, number: int, *, key: UUID = ONE, now: datetime = NOW) -> str:
    with pytest.raises(ProofRefusedError) as error:
        require_proof(KEYS, key, challenge=challenge, number=number, now=now)
    return str(error.value.facts["because"])


@settings(deadline=None)
@given(key=st.uuids(), most=st.integers(1, 300))
def test_the_number_that_was_found_is_accepted(key: UUID, most: int) -> None:
    challenge = new_challenge(KEYS, key, max_number=most, now=NOW)
    spent, expires_at = require_proof(KEYS, key, challenge=challenge.text, number=found(challenge), now=NOW)
    assert expires_at == challenge.expires_at == NOW + LIVES
    assert spent


@settings(deadline=None)
@given(wrong=st.integers(0, 10_000))
def test_any_other_number_is_not(wrong: int) -> None:
    challenge = new_challenge(KEYS, ONE, max_number=50, now=NOW)
    if wrong != found(challenge):
        assert refused(challenge.text, wrong) == "wrong"


def test_a_challenge_is_the_keys_that_asked_and_ends() -> None:
    challenge = new_challenge(KEYS, ONE, max_number=50, now=NOW)
    number = found(challenge)
    assert refused(challenge.text, number, key=OTHER) == "foreign"
    assert refused(challenge.text, number, now=NOW + LIVES) == "expired"
    require_proof(KEYS, ONE, challenge=challenge.text, number=number, now=NOW + LIVES - timedelta(seconds=1))


@settings(deadline=None)
@given(st.text(max_size=80))
def test_a_made_up_challenge_is_foreign(text: str) -> None:
    assert refused(text, 1) == "foreign"


@settings(deadline=None)
@given(st.data())
def test_a_changed_challenge_is_foreign(data: st.DataObject) -> None:
    challenge = new_challenge(KEYS, ONE, max_number=50, now=NOW)
    place = data.draw(st.integers(0, len(challenge.text) - 1))
    letter = data.draw(st.sampled_from("aZ0_-."))
    changed = challenge.text[:place] + letter + challenge.text[place + 1 :]
    if changed != challenge.text:
        assert refused(changed, found(challenge)) == "foreign"


def test_a_challenge_outlives_the_rotation_of_secret_keys() -> None:
    challenge = new_challenge(KEYS[1:], ONE, max_number=50, now=NOW)
    require_proof(KEYS, ONE, challenge=challenge.text, number=found(challenge), now=NOW)
    with pytest.raises(ProofRefusedError):
        require_proof(KEYS[:1], ONE, challenge=challenge.text, number=found(challenge), now=NOW)


def test_without_secret_keys_there_are_no_challenges() -> None:
    with pytest.raises(UnavailableError):
        new_challenge((), ONE, max_number=50, now=NOW)


def test_two_challenges_differ_and_count_apart() -> None:
    one, other = (new_challenge(KEYS, ONE, max_number=50, now=NOW) for _ in range(2))
    hashes = {require_proof(KEYS, ONE, challenge=each.text, number=found(each), now=NOW)[0] for each in (one, other)}
    assert len(hashes) == 2
    assert replace(one, max_number=1) != one
