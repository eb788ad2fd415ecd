"""Passwords: which may be chosen, and Argon2id, with the same work whether the account exists or not."""

import re
import unicodedata
from collections.abc import Iterable
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

LEAST_LENGTH = 8
COMMONEST = 10_000
"""A password that is found within so many tries is as good as one of the list."""

# What is longer is judged by its beginning: the judgement's time grows with the length.
_JUDGED = 40
# OWASP's recommended setting (19 MiB, two passes, one lane): about 20 ms, and 16 log-ins at once fit in 300 MB.
_hasher = PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)


def find_objection(password: str, *, own: Iterable[str] = ()) -> str | None:
    """Why this password may not be chosen, as a sentence; None when it may.

    `own` are the texts that others know of the account: names, e-mail address, organization. It may be none of these,
    however it is written and whatever digits or signs stand around it.
    """
    bare = password.strip()
    if not bare:
        return "A password of blanks only is none: choose one of at least 8 characters."
    if len(bare) < LEAST_LENGTH:
        return f"This password is too short: choose one of at least {LEAST_LENGTH} characters."
    if bare.casefold() in _common() or _guesses(bare) < COMMONEST:
        return "This password is among the commonest, which are tried first: choose another."
    if {_letters_and_digits(bare), _core(bare)} & _known_words(own):
        return "This password is the name, the e-mail address or the organization of the account: choose another."
    return None


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


@cache
def _common() -> frozenset[str]:
    """The 30,000 commonest passwords of leaks: other lists' first 10,000 differ from this one's."""
    # Loaded when a password is first chosen: the lists take longer to read than the rest of the program.
    from zxcvbn.frequency_lists import FREQUENCY_LISTS  # noqa: PLC0415

    return frozenset(word.casefold() for word in FREQUENCY_LISTS["passwords"])


def _guesses(password: str) -> float:
    """How many tries it takes who knows patterns: words, rows of keys, dates, repetitions."""
    from zxcvbn import zxcvbn  # noqa: PLC0415

    return float(zxcvbn(password[:_JUDGED])["guesses"])


def _known_words(own: Iterable[str]) -> set[str]:
    """What is known of an account in the forms in which it would be typed; an e-mail address also without domain."""
    texts = [text for known in own for text in (known, known.partition("@")[0])]
    return {form for text in texts for form in (_letters_and_digits(text), _core(text)) if form}


def _letters_and_digits(text: str) -> str:
    """Case, accents, blanks and signs left out."""
    plain = unicodedata.normalize("NFKD", text.casefold())
    return "".join(letter for letter in plain if letter.isalnum())


def _core(text: str) -> str:
    """The same without digits around it."""
    return re.sub(r"^\d+|\d+$", "", _letters_and_digits(text))
